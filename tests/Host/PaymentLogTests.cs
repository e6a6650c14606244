using System.Text;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Wire;
using HotPath.Host.Logging;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>What the corridor's log shows and hides, in the bytes that reach the stream (5.2, 7.2).</summary>
public sealed class PaymentLogTests
{
    private const string Body = """
        {"version":"1.3","charset":"UTF-8","sign_type":"RSA2","sign":"AAAA","biz_type":"SCAN_PAY","req_time":"20260101000000",
        "req_id":"req-1","inst_id":"CN000001","out_trade_no":"order-1","total_amount":"88.80","currency":"HKD","trade_type":"SCAN",
        "qr_type":"02","qr_content":"secret-code","body":"secret-goods","terminal_type":"01","terminal_id":"13812345678"}
        """;

    [Theory]
    [InlineData(Member.QrContent, "qr_content")]
    [InlineData(Member.Body, "body")]
    public void Refusal_OfAHiddenMember_NamesItAndNeverShowsIt(Member member, string name)
    {
        string text = Written(LogLevel.Debug, log => log.Refused(Slot(), new Rejection(RespCode.MemberIllegal, member)));
        JsonElement line = JsonDocument.Parse(text).RootElement;
        Assert.Equal("DEBUG", line.GetProperty("level").GetString());
        Assert.Equal("CN000001", line.GetProperty("InstId").GetString());
        Assert.Equal("req-1", line.GetProperty("ReqId").GetString());
        Assert.Equal(name, line.GetProperty("Member").GetString());
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    /// <summary>An answer names the member only; whoever asks why finds it here.</summary>
    [Fact]
    public void Refusal_OfACode_SaysWhatIsWrongWithIt()
    {
        RequestSlot slot = Slot("secret-code", "0002015906secret63040000");
        Rejection rejection = RequestReader.CheckInterface(slot);
        Assert.Equal(Member.QrContent, rejection.Member);
        string text = Written(LogLevel.Debug, log => log.Refused(slot, rejection));
        Assert.Contains("BadChecksum", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_AtInfo_IsNotWritten() =>
        Assert.Empty(Written(LogLevel.Information, log => log.Refused(Slot(), new Rejection(RespCode.MemberIllegal, Member.Currency))));

    [Fact]
    public void Sample_WithATerminalLikeAPhone_IsMasked()
    {
        string text = Written(LogLevel.Information, log => log.Answered(Slot(), RespCode.Success, TimeSpan.FromMilliseconds(3)));
        JsonElement line = JsonDocument.Parse(text).RootElement;
        Assert.Equal("INFO", line.GetProperty("level").GetString());
        Assert.Equal("138****5678", line.GetProperty("TerminalId").GetString());
        Assert.DoesNotContain("13812345678", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    private static RequestSlot Slot(string value = "", string instead = "")
    {
        var slot = new RequestSlot();
        slot.SetBody(Encoding.UTF8.GetBytes(value.Length == 0 ? Body : Body.Replace(value, instead, StringComparison.Ordinal), slot.BodyBuffer));
        Assert.False(RequestReader.Read(slot).IsRefusal);
        return slot;
    }

    private static string Written(LogLevel level, Action<PaymentLog> write)
    {
        var stream = new MemoryStream();
        using (ILoggerFactory logs = GatewayLogs.To(stream, level, TimeProvider.System))
        {
            write(new PaymentLog(logs.CreateLogger<PaymentLog>(), sampleEvery: 1));
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
