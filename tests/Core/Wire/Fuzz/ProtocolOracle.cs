using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HotPath.Core.Model;
using HotPath.Core.Tests.Qr;

namespace HotPath.Core.Tests.Wire.Fuzz;

/// <summary>What a body deserves by docs of the protocol: a code (empty: accepted), the member it names, and the members as a strict document has them.</summary>
internal sealed record Verdict(string Code, string Member, IReadOnlyDictionary<string, string> Members)
{
    internal bool IsDocument => Members.Count > 0;

    internal static Verdict Malformed { get; } = new("C002", "", new Dictionary<string, string>());
}

/// <summary>
/// The protocol a second time, from its text and on other machinery: strings instead of bytes, System.Text.Json's strict document instead of
/// a reader, regular expressions instead of tables. Slow, short, and shares nothing with the gateway but the list of currencies.
/// </summary>
internal static class ProtocolOracle
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
    };

    private static readonly string[] Common = ["version", "charset", "sign_type", "sign", "biz_type", "req_time", "req_id", "inst_id"];
    private static readonly string[] Optional = ["nonce", "key_id"];

    private static readonly string[] Pay =
        ["out_trade_no", "total_amount", "currency", "trade_type", "qr_type", "qr_content", "body", "terminal_type", "terminal_id"];

    private static readonly string[] Face =
        ["out_trade_no", "total_amount", "currency", "trade_type", "face_data", "face_device_id", "merchant_id", "terminal_id"];

    private static readonly string[] Refund = ["orig_trade_no", "out_trade_no", "refund_no", "refund_amount", "refund_type"];
    private static readonly string[] Cancel = ["orig_trade_no", "out_trade_no"];
    private static readonly string[] Query = ["trade_no", "out_trade_no"];
    private static readonly string[] RefundQuery = ["refund_no", "refund_id"];
    private static readonly string[] Batch =
        ["trade_no_list", "out_trade_no_list", "start_time", "end_time", "trade_status", "page_no", "page_size", "snapshot_no"];

    private static readonly string[] Download = ["settle_date", "recon_type"];
    private static readonly string[] Upload = [.. Download, "recon_result", "total_count", "amount_summary", "file_hash", "diff_count"];
    private static readonly string[] UploadOptional = ["diff_list"];
    private static readonly string[] Volatile = ["req_time", "nonce", "version", "charset", "sign_type", "key_id", "face_data"];

    /// <summary>Form and common members: what is judged before the signature.</summary>
    internal static Verdict JudgeCommon(byte[] body)
    {
        if (ReadDocument(body) is not { } members)
        {
            return Verdict.Malformed;
        }
        // Our own limit, not the protocol's: so many unknown names are no mistake any more.
        string[] everywhere = [.. Common, .. Optional, .. Pay, .. Face, .. Refund, .. Query, .. RefundQuery, .. Batch, .. Upload, .. UploadOptional];
        if (members.Keys.Count(name => !everywhere.Contains(name)) > 16)
        {
            return Verdict.Malformed;
        }
        (string code, string member) = FirstFault(members, Common, Optional);
        if (code.Length == 0)
        {
            string[] known = [.. Common, .. Optional, .. InterfaceOf(members)];
            code = members.Keys.All(known.Contains) ? "" : "C003";
        }
        return new Verdict(code, member, members);
    }

    /// <summary>The interface's members, of a request that passed <see cref="JudgeCommon"/>.</summary>
    internal static (string Code, string Member) JudgeInterface(IReadOnlyDictionary<string, string> members)
    {
        string[] own = InterfaceOf(members);
        if (own == Pay || own == Face || own == Refund || own == Download)
        {
            return FirstFault(members, own, []);
        }
        if (own == Batch)
        {
            string missing = MissingOfBatch(members);
            return missing.Length > 0 ? ("C001", missing) : FirstFault(members, [], own);
        }
        if (members["biz_type"] == "RECON_UPLOAD")
        {
            return FirstFault(members, Upload, UploadOptional);
        }
        return own.Any(members.ContainsKey) ? FirstFault(members, [], own) : ("C001", own[0]);
    }

    /// <summary>Protocol, section 1.</summary>
    internal static string SigningString(IEnumerable<KeyValuePair<string, string>> members) => string.Join(
        '&', members.Where(member => member.Key != "sign").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}"));

    /// <summary>Protocol, section 3.</summary>
    internal static Digest Fingerprint(IReadOnlyDictionary<string, string> members) =>
        Digest.Read(SHA256.HashData(Encoding.UTF8.GetBytes(SigningString(members.Where(member => !Volatile.Contains(member.Key))))));

    /// <summary>The members of a flat object of non-empty strings without control characters; null for anything else.</summary>
    internal static Dictionary<string, string>? ReadDocument(ReadOnlySpan<byte> body)
    {
        var members = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(StrictUtf8.GetString(body), Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                string? value = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : null;
                if (string.IsNullOrEmpty(value) || value.Any(char.IsControl))
                {
                    return null;
                }
                members.Add(property.Name, value);
            }
            return members;
        }
        // Not UTF-8, not JSON or a name twice, half a surrogate pair.
        catch (Exception failure) when (failure is DecoderFallbackException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Digits after the point; null when there is no such currency.</summary>
    internal static int? Digits(string currency) => currency switch
    {
        "JPY" or "KRW" or "VND" => 0,
        "CNY" or "HKD" or "USD" => 2,
        "KWD" or "BHD" => 3,
        _ => Currency.Parse(currency) is { IsKnown: true } known ? known.Exponent : null,
    };

    /// <summary>What refund_amount deserves once the trade is known.</summary>
    internal static string JudgeRefundAmount(string value, string currency) => JudgeAmount(value, Digits(currency)!.Value);

    /// <summary>Whether this gateway can have given the number: a time in Beijing of the years 1970 to 2039, a node, a counter of 23 bits.</summary>
    internal static bool IsOurNumber(string value) =>
        DateTime.TryParseExact(value[..17], "yyyyMMddHHmmssfff", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time) &&
        (time - DateTime.UnixEpoch).TotalMilliseconds - (8 * 3600 * 1000) is > 0 and < 1L << 41 &&
        int.Parse(value[20..], CultureInfo.InvariantCulture) < 1 << 23;

    /// <summary>The strings of a list that is well formed, in its order; null for one that is not.</summary>
    internal static string[]? ReadList(string value, string element)
    {
        // Written out again by another than it was read by, it is the same only if it was compact and without needless escapes.
        try
        {
            string[]? texts = JsonSerializer.Deserialize<string[]>(value);
            bool isWhole = texts is not null && JsonSerializer.Serialize(texts) == value && texts.All(text => Regex.IsMatch(text, element));
            return isWhole ? texts : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal const string TradeNumber = @"\A[0-9]{28}\z";
    private const string Token = @"\A[A-Za-z0-9_-]{1,64}\z";

    private static string MissingOfBatch(IReadOnlyDictionary<string, string> members)
    {
        bool isByList = members.ContainsKey("trade_no_list") || members.ContainsKey("out_trade_no_list");
        if (!isByList && !members.ContainsKey("start_time") && !members.ContainsKey("end_time"))
        {
            return "trade_no_list";
        }
        string[] wanted = isByList ? ["page_no", "page_size"] : ["start_time", "end_time", "page_no", "page_size"];
        bool isLater = !isByList && members.TryGetValue("page_no", out string? page) && Judge(members, "page_no", page).Length == 0 && page != "1";
        return wanted.Concat(isLater ? ["snapshot_no"] : []).FirstOrDefault(name => !members.ContainsKey(name), "");
    }

    // Of a number, what is none at all is malformed and what is too small or large is illegal.
    private static string JudgeNumber(string value, int most) =>
        !Regex.IsMatch(value, @"\A(0|-?[1-9][0-9]*)\z") ? "C002" : Legal(System.Numerics.BigInteger.Parse(value, CultureInfo.InvariantCulture) is var number && number >= 1 && number <= most);

    private static string JudgeList(string value, string element) => ReadList(value, element) is { } texts ? Legal(texts.Length is >= 1 and <= 100) : "C002";

    private static string JudgeTime(IReadOnlyDictionary<string, string> members, string name, string value)
    {
        if (!IsTime(value))
        {
            return "C002";
        }
        bool isByList = members.ContainsKey("trade_no_list") || members.ContainsKey("out_trade_no_list");
        if (isByList || name == "start_time" || !IsTime(members["start_time"]))
        {
            return Legal(!isByList);
        }
        DateTime[] times = [.. new[] { members["start_time"], value }.Select(time => DateTime.ParseExact(time, "yyyyMMddHHmmss", CultureInfo.InvariantCulture))];
        return Legal(times[1] >= times[0] && times[1] <= times[0].AddDays(1));
    }

    private static string[] InterfaceOf(IReadOnlyDictionary<string, string> members) => members["biz_type"] switch
    {
        "SCAN_PAY" => Pay,
        "FACE_PAY" => Face,
        "REFUND" => Refund,
        "TRADE_CANCEL" => Cancel,
        "REFUND_QUERY" => RefundQuery,
        "TRADE_BATCH_QUERY" => Batch,
        "RECON_DOWNLOAD" => Download,
        "RECON_UPLOAD" => [.. Upload, .. UploadOptional],
        _ => Query,
    };

    // C001, then C002, then C003, each in the specification's order.
    private static (string Code, string Member) FirstFault(IReadOnlyDictionary<string, string> members, string[] required, string[] optional)
    {
        foreach (string name in required)
        {
            if (!members.ContainsKey(name))
            {
                return ("C001", name);
            }
        }
        foreach (string code in new[] { "C002", "C003" })
        {
            foreach (string name in required.Concat(optional))
            {
                if (members.TryGetValue(name, out string? value) && Judge(members, name, value) == code)
                {
                    return (code, name);
                }
            }
        }
        return ("", "");
    }

    private static string Judge(IReadOnlyDictionary<string, string> members, string name, string value) => name switch
    {
        "version" => Legal(value is "1.0" or "1.1" or "1.2" or "1.3"),
        "charset" => Legal(Regex.IsMatch(value, @"\A[Uu][Tt][Ff]-8\z")),
        "sign_type" => Legal(value is "RSA2" or "ES256"),
        "biz_type" => Legal(value is "SCAN_PAY" or "FACE_PAY" or "REFUND" or "TRADE_CANCEL" or "TRADE_QUERY" or "REFUND_QUERY" or "TRADE_BATCH_QUERY" or "RECON_DOWNLOAD" or "RECON_UPLOAD"),
        "sign" => "",
        "trade_no_list" => JudgeList(value, TradeNumber),
        "out_trade_no_list" => JudgeList(value, Token) is { Length: > 0 } wrong ? wrong : Legal(!members.ContainsKey("trade_no_list")),
        "start_time" or "end_time" => JudgeTime(members, name, value),
        "trade_status" => Legal(value is "SUCCESS" or "FAILED" or "PENDING" or "CANCELLED" && !members.Keys.Any(key => key is "trade_no_list" or "out_trade_no_list")),
        "page_no" => JudgeNumber(value, int.MaxValue),
        "page_size" => JudgeNumber(value, 100),
        "snapshot_no" => !Regex.IsMatch(value, @"\A[0-9]{29}\z") ? "C002" : Legal(!members.Keys.Any(key => key is "trade_no_list" or "out_trade_no_list")),
        "req_time" => WellFormed(IsTime(value)),
        "req_id" or "out_trade_no" or "refund_no" or "key_id" => WellFormed(Regex.IsMatch(value, Token)),
        "nonce" => WellFormed(Regex.IsMatch(value, @"\A[A-Za-z0-9_-]{8,64}\z")),
        "inst_id" => WellFormed(Regex.IsMatch(value, @"\A[A-Za-z0-9]{1,32}\z")),
        "trade_no" or "orig_trade_no" or "refund_id" => WellFormed(Regex.IsMatch(value, TradeNumber)),
        "currency" => !Regex.IsMatch(value, @"\A[A-Z]{3}\z") ? "C002" : Legal(Digits(value) is not null),
        "total_amount" => JudgeAmount(value, Digits(members["currency"]) ?? 3),
        // How many digits the trade's currency has is not in the request.
        "refund_amount" => JudgeAmount(value, 3),
        "trade_type" when members["biz_type"] == "FACE_PAY" => Legal(value == "FACEPAY"),
        "trade_type" => Legal(value == "SCAN" || (value == "NATIVE" && members["qr_type"] == "01")),
        "settle_date" => WellFormed(value.Length == 8 && IsTime(value + "000000")),
        "recon_result" => Legal(value is "01" or "02" or "03" or "04"),
        "total_count" or "diff_count" => WellFormed(Regex.IsMatch(value, @"\A(0|[1-9][0-9]{0,8})\z")),
        "file_hash" => WellFormed(Regex.IsMatch(value, @"\A[0-9a-f]{64}\z")),
        // What they hold is read where the file is at hand.
        "amount_summary" or "diff_list" => WellFormed(CodePoints(value) is >= 2 and <= 16_384),
        "qr_type" or "terminal_type" or "refund_type" or "recon_type" => Legal(value is "01" or "02"),
        "qr_content" => CodePoints(value) > 512 ? "C002" : Legal(EmvOracle.IsLegal(value, members["qr_type"], members["currency"], members["total_amount"])),
        "body" => WellFormed(CodePoints(value) <= 256),
        "terminal_id" or "merchant_id" => WellFormed(CodePoints(value) <= 32),
        "face_device_id" => WellFormed(CodePoints(value) <= 64),
        "face_data" => WellFormed(Encoding.UTF8.GetByteCount(value) <= 48 * 1024),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "the protocol has no such member here"),
    };

    private static string JudgeAmount(string value, int digits)
    {
        Match match = Regex.Match(value, @"\A(0|[1-9][0-9]{0,12})(\.([0-9]{1,3}))?\z");
        return !match.Success || match.Groups[3].Length > digits ? "C002" : Legal(decimal.Parse(value, CultureInfo.InvariantCulture) > 0);
    }

    // A request cannot be older than the Unix epoch: its window is ten minutes.
    private static bool IsTime(string value) =>
        value.All(char.IsAsciiDigit) && DateTime.TryParseExact(value, "yyyyMMddHHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time) && time.Year >= 1970;

    private static int CodePoints(string value) => value.EnumerateRunes().Count();

    private static string WellFormed(bool isFine) => isFine ? "" : "C002";

    private static string Legal(bool isFine) => isFine ? "" : "C003";
}
