using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>FACE_PAY (2.3.2): the same promises as a payment by code, and a face that goes to the channel and nowhere else.</summary>
public sealed class FacePaymentTests
{
    private const int LongestFace = 48 * 1024;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Face_GoesToTheChannelWithItsDeviceAndMerchant_AndTheTradeIsShownAsAnyOther()
    {
        TestCorridor first = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = first.FacePayment(("face_data", "cipher \"text\" \\ 人脸"), ("face_device_id", "设备 1"), ("merchant_id", "M-7"));
        Answered paid = await first.CallAsync(payment);

        Assert.Equal(("0000", "FACE_PAY", "SUCCESS", "88.80", "HKD"), (paid.Code, paid["biz_type"], paid["trade_status"], paid["total_amount"], paid["currency"]));
        Assert.Equal(payment["out_trade_no"], paid["out_trade_no"]);
        Assert.Equal(["FACEPAY", "cipher \"text\" \\ 人脸", "设备 1", "M-7", "T01"], Assert.Single(first.Told.Faces));
        // After a restart everything comes from the journal: biz_type of the repeated answer too.
        await using TestCorridor corridor = await first.RestartAsync();
        Assert.Equal(paid.Json, (await corridor.CallAsync(payment)).Json);
        Answered asked = await corridor.CallAsync(corridor.Query(("trade_no", paid["trade_no"])));
        Assert.Equal(("0000", "SUCCESS"), (asked.Code, asked["trade_status"]));
        var trade = new Trade();
        Assert.True(await corridor.Ledger.FindAsync(TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes(paid["trade_no"])), trade));
        Assert.Equal((BizType.FacePay, TradeType.FacePay, QrType.None), (trade.BizType, trade.TradeType, trade.QrType));
    }

    [Fact]
    public async Task Repetition_WithTheFaceCipheredAnew_IsTheSameRequest_AndNothingElseMayDiffer()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.FacePayment();
        Answered paid = await corridor.CallAsync(payment);

        Assert.Equal(paid.Json, (await corridor.CallAsync(new(payment) { ["face_data"] = "ciphered anew" })).Json);
        foreach (string name in new[] { "face_device_id", "merchant_id", "terminal_id", "total_amount" })
        {
            Assert.Equal("C004", (await corridor.CallAsync(new(payment) { [name] = "99" })).Code);
        }
        Assert.Single(corridor.Told.Faces);
    }

    [Fact]
    public async Task Numbers_AreOneSpaceForPaymentsByCodeAndByFace()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> byCode = corridor.Payment();
        Answered paid = await corridor.CallAsync(byCode);

        Assert.Equal("C004", (await corridor.CallAsync(corridor.FacePayment(("req_id", byCode["req_id"])))).Code);
        Answered exists = await corridor.CallAsync(corridor.FacePayment(("out_trade_no", byCode["out_trade_no"])));
        Assert.Equal(("B005", paid["trade_no"]), (exists.Code, exists["trade_no"]));
        Assert.Empty(corridor.Told.Faces);
    }

    [Fact]
    public async Task Face_InDoubt_IsInquiredAndAdopted_AndRefundedLikeAnyTrade()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        Dictionary<string, string> payment = corridor.FacePayment();
        Answered pending = await corridor.CallAsync(payment);
        Assert.Equal("0001", pending.Code);

        Dictionary<string, string> query = corridor.Query(("trade_no", pending["trade_no"]));
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(query))["trade_status"] == "SUCCESS", TimeSpan.FromSeconds(10)));
        Answered paid = await corridor.CallAsync(payment);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Refund(paid, "8.80"))).Code);
        // Asked once: the resolver inquires, it never sends the face again.
        Assert.Single(corridor.Told.Faces);
        string metrics = await corridor.MetricsTextAsync();
        Assert.Contains("hotpath_trades_total{biz_type=\"FACE_PAY\",status=\"SUCCESS\"} 1\n", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_trades_total{biz_type=\"SCAN_PAY\",status=\"SUCCESS\"} 0\n", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("out_trade_no")]
    [InlineData("total_amount")]
    [InlineData("currency")]
    [InlineData("trade_type")]
    [InlineData("face_data")]
    [InlineData("face_device_id")]
    [InlineData("merchant_id")]
    [InlineData("terminal_id")]
    public async Task Member_LeftOut_IsC001WithItsName(string name)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.FacePayment();
        payment.Remove(name);
        Answered answer = await corridor.CallAsync(payment);
        Assert.Equal(("C001", "参数缺失: " + name), (answer.Code, answer["resp_msg"]));
        Assert.Empty(corridor.Told.Faces);
    }

    public static TheoryData<string, string, string> Values => new()
    {
        { "face_data", "x", "" },
        { "face_data", new string('x', LongestFace), "" },
        { "face_data", new string('x', LongestFace + 1), "C002" },
        // Bytes, not letters: 16,384 of three bytes each.
        { "face_data", new string('脸', LongestFace / 3), "" },
        { "face_data", new string('脸', LongestFace / 3) + "x", "C002" },
        { "face_data", "a\nb", "C002" },
        { "face_data", "", "C002" },
        { "face_device_id", new string('设', 64), "" },
        { "face_device_id", new string('x', 65), "C002" },
        { "merchant_id", new string('商', 32), "" },
        { "merchant_id", new string('x', 33), "C002" },
        { "trade_type", "SCAN", "C003" },
        { "trade_type", "NATIVE", "C003" },
        { "qr_content", "https://qr.example.hk/p", "C003" },
        { "qr_type", "01", "C003" },
        { "body", "咖啡", "C003" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task Value_AtAndOverItsEdge(string name, string value, string code)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        // Spelled as it is: \uXXXX for each letter would make it a body above 64 KiB.
        string json = JsonSerializer.Serialize(TestCorridor.Sign(corridor.FacePayment((name, value)), TestCorridor.Us), Relaxed);
        Answered answer = await corridor.SendAsync(json);
        Assert.Equal(code.Length == 0 ? "0000" : code, answer.Code);
        Assert.True(code.Length == 0 || answer["resp_msg"].EndsWith(": " + name, StringComparison.Ordinal), answer["resp_msg"]);
        Assert.Equal(code.Length == 0 ? 1 : 0, corridor.Told.Faces.Count);
    }

    [Fact]
    public async Task TradeType_OfAFace_IsNoScanPayments()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered answer = await corridor.CallAsync(corridor.Payment(("trade_type", "FACEPAY")));
        Assert.Equal(("C003", "参数值非法: trade_type"), (answer.Code, answer["resp_msg"]));
    }

    [Fact]
    public async Task Face_WhereEveryRouteIsForSchemesOfCodes_IsC003()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(schemes: ["hk.com.hkicl"]);
        Answered answer = await corridor.CallAsync(corridor.FacePayment());
        Assert.Equal(("C003", "参数值非法: trade_type"), (answer.Code, answer["resp_msg"]));
        Assert.Equal("C003", (await corridor.CallAsync(corridor.FacePayment(("currency", "USD")))).Code);
    }

    /// <summary>White space after the object counts like any byte of the body; a body at its limit is read, one byte more is not.</summary>
    [Theory]
    [InlineData("FACE_PAY", 64 * 1024)]
    [InlineData("SCAN_PAY", 16 * 1024)]
    [InlineData("TRADE_QUERY", 16 * 1024)]
    [InlineData("NOBODY_KNOWS", 16 * 1024)]
    public async Task Body_IsAsLargeAsItsInterfaceMayBe_AndNotAByteLarger(string bizType, int limit)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> members = bizType switch
        {
            "FACE_PAY" => corridor.FacePayment(),
            "SCAN_PAY" => corridor.Payment(),
            _ => corridor.Query(("out_trade_no", "none")),
        };
        members["biz_type"] = bizType;
        string json = JsonSerializer.Serialize(TestCorridor.Sign(members, TestCorridor.Us));

        Assert.Equal(200, (await corridor.SendAsync(json.PadRight(limit))).Status);
        Assert.Equal(413, (await corridor.SendAsync(json.PadRight(limit + 1))).Status);
        // Broken where it cannot be seen whose it is, it is nobody's and ordinary.
        Assert.Equal(413, (await corridor.SendAsync(("[" + json).PadRight(limit + 1))).Status);
    }
}
