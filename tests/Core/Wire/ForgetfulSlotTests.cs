using System.Reflection;
using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Wire;
using Xunit;

namespace HotPath.Core.Tests.Wire;

/// <summary>A slot that was cleared holds no byte of the request that it served: face_data is to be left nowhere, however the request ended.</summary>
public sealed class ForgetfulSlotTests
{
    private const string Marker = "MARKER-OF-A-FACE";
    private static readonly string Escaped = string.Concat(Marker.Select(letter => $"\\u{(int)letter:x4}"));

    public static TheoryData<string, string> Requests => new()
    {
        { "as it is", Json($"\"{Marker}\"") },
        { "escaped", Json($"\"{Escaped}\"") },
        { "with a name that is escaped too", Json($"\"{Marker}\"").Replace("face_data", "face\\u005fdata", StringComparison.Ordinal) },
        { "unescaped up to half a surrogate pair", Json($"\"{Escaped}\\ud800\"") },
        { "with a control character", Json($"\"{Escaped}\\u0000\"") },
        { "twice", Json($"\"{Marker}\",\"face_data\":\"{Escaped}\"") },
        { "before what is no JSON", Json($"\"{Marker}\",") },
        { "under an unknown name", Json($"\"{Marker}\",\"x\":\"{Escaped}\"") },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public void ClearedSlot_HoldsNothingOfItsRequest(string what, string json)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        var slot = new RequestSlot(64 * 1024);
        body.CopyTo(slot.BodyBuffer);
        slot.SetBody(body.Length);
        if (!RequestReader.Read(slot).IsRefusal)
        {
            RequestReader.WriteSigningText(slot);
            Assert.Contains(Marker, Encoding.UTF8.GetString(slot.SigningText), StringComparison.Ordinal);
            // Overwrites the beginning of the signing string and says that nothing is there.
            RequestReader.Fingerprint(slot);
            RequestReader.CheckInterface(slot);
        }
        Assert.True(Buffers(slot).Any(buffer => buffer.AsSpan().IndexOf("M"u8) >= 0), what);

        slot.Clear();

        Assert.All(Buffers(slot), buffer => Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0)));
    }

    // Every array of bytes that a slot owns; the answer's buffer holds only what an answer shows.
    private static List<byte[]> Buffers(RequestSlot slot)
    {
        List<byte[]> buffers = [.. typeof(RequestSlot).GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
            .Where(field => field.FieldType == typeof(byte[])).Select(field => (byte[])field.GetValue(slot)!)];
        Assert.Equal(2, buffers.Count);
        return buffers;
    }

    private static string Json(string faceData) => $$"""
        {"version":"1.3","charset":"UTF-8","sign_type":"RSA2","sign":"AAAA","biz_type":"FACE_PAY","req_time":"20260919103000","req_id":"R1","inst_id":"CN0001",
        "out_trade_no":"T1","total_amount":"88.80","currency":"HKD","trade_type":"FACEPAY","face_device_id":"F1","merchant_id":"M1","terminal_id":"T1","face_data":{{faceData}}}
        """;
}
