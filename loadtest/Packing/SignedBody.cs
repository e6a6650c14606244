using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Signing;

namespace HotPath.LoadTest.Packing;

/// <summary>Makes signed request bodies as an institution does: members sorted by name, signed, written as one flat JSON object.</summary>
internal sealed class SignedBody(string instId, SigningKey key)
{
    /// <summary>A shop's in Hong Kong: any amount in HKD.</summary>
    internal const string StaticCode = "00020101021126270012hk.com.hkicl020701234565204581453033445802HK5914KOWLOON COFFEE6002HK63049E34";

    /// <summary>A host of codes that no table knows.</summary>
    internal const string UnknownHost = "qr.example.hk";

    // Real requests carry Chinese order texts as they are, not as \u escapes.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _text = new byte[4096];
    private readonly byte[] _signature = new byte[SigningKey.MaxSignatureLength];
    private readonly ArrayBufferWriter<byte> _json = new(4096);

    public string InstId { get; } = instId;

    /// <summary>The institution of <paramref name="instId"/> as the sandbox keeps it in its data directory.</summary>
    public static SignedBody For(string dataDirectory, string instId) =>
        new(instId, PemKeys.ReadPrivate("", File.ReadAllText(Path.Combine(dataDirectory, "institutions", instId, "private.pem"))));

    /// <summary>Signs one request.</summary>
    /// <param name="bizType">biz_type.</param>
    /// <param name="reqId">req_id, never used before.</param>
    /// <param name="at">req_time.</param>
    /// <param name="members">The interface's own members.</param>
    public byte[] Make(string bizType, string reqId, DateTimeOffset at, params ReadOnlySpan<(string Name, string Value)> members)
    {
        var all = new List<(string Name, string Value)>(20)
        {
            ("biz_type", bizType), ("charset", "UTF-8"), ("inst_id", InstId), ("req_id", reqId),
            ("req_time", BeijingTime(at)), ("sign_type", SignTypes.Name(key.SignType)), ("version", "1.3"),
        };
        all.AddRange(members);
        all.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));

        var text = new SigningText(_text);
        _json.ResetWrittenCount();
        using var writer = new Utf8JsonWriter(_json, Json);
        writer.WriteStartObject();
        foreach ((string name, string value) in all)
        {
            text.Append(Encoding.ASCII.GetBytes(name), Encoding.UTF8.GetBytes(value));
            writer.WriteString(name, value);
        }
        int length = key.Sign(text.Text, _signature);
        writer.WriteBase64String("sign", _signature.AsSpan(0, length));
        writer.WriteEndObject();
        writer.Flush();
        return _json.WrittenSpan.ToArray();
    }

    /// <summary>A payment that every default route takes. <paramref name="order"/> is its req_id and its out_trade_no.</summary>
    public byte[] Payment(string order, DateTimeOffset at, int user, bool isDynamicCode, string codeHost = UnknownHost) => Make(
        "SCAN_PAY", order, at,
        ("out_trade_no", order),
        ("total_amount", AmountOf(user)),
        ("currency", "HKD"),
        ("trade_type", "SCAN"),
        ("qr_type", isDynamicCode ? "01" : "02"),
        // A dynamic code is used once in the world, a static one stands on a counter: an EMVCo code of Hong Kong's FPS, which is read whole.
        ("qr_content", isDynamicCode ? $"https://{codeHost}/d/{order}" : StaticCode),
        ("body", "咖啡 A&B"),
        ("terminal_type", "01"),
        ("terminal_id", string.Create(CultureInfo.InvariantCulture, $"U{user:D8}")));

    /// <summary>A query for one trade.</summary>
    public byte[] Query(string reqId, DateTimeOffset at, string tradeNo) => Make("TRADE_QUERY", reqId, at, ("trade_no", tradeNo));

    // The simulator's special outcomes are the amounts that end with 02 to 12: these end with 20 to 99.
    private static string AmountOf(int user) =>
        string.Create(CultureInfo.InvariantCulture, $"{1 + (user % 200)}.{20 + (user % 80):D2}");

    private static string BeijingTime(DateTimeOffset at) =>
        at.ToOffset(TimeSpan.FromHours(8)).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
}
