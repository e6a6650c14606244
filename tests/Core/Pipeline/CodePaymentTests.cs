using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Tests.Qr;
using HotPath.Core.Wire;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Payments by EMVCo codes: what is refused and when, what is shown of the merchant, and where they go (protocol, section 5; F69).</summary>
public sealed class CodePaymentTests
{
    private static readonly string Static = EmvCode.Of(("01", "11"), EmvCode.Fps, ("53", "344"), ("59", "KOWLOON COFFEE"), ("60", "香港"));
    private static readonly string Dynamic = LetteredChecksum(i => EmvCode.Of(("01", "12"), EmvCode.Fps, ("53", "344"), ("54", "88.8"), ("62", $"{i:D4}")));

    [Fact]
    public async Task Merchant_IsShownInEveryAnswerAboutTheTrade_TheSameForEver()
    {
        TestCorridor first = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = first.Payment(("qr_content", Static));
        Answered paid = await first.CallAsync(payment);
        Assert.Equal(("0000", "KOWLOON COFFEE", "香港"), (paid.Code, paid["merchant_name"], paid["merchant_city"]));

        await using TestCorridor corridor = await first.RestartAsync();
        Assert.Equal(paid.Json, (await corridor.CallAsync(payment)).Json);
        Answered asked = await corridor.CallAsync(corridor.Query(("trade_no", paid["trade_no"])));
        Assert.Equal(("KOWLOON COFFEE", "香港"), (asked["merchant_name"], asked["merchant_city"]));
        // The trade's merchant, not the new request's.
        Answered exists = await corridor.CallAsync(corridor.Payment(("out_trade_no", payment["out_trade_no"])));
        Assert.Equal(("B005", "KOWLOON COFFEE"), (exists.Code, exists["merchant_name"]));
    }

    [Fact]
    public async Task Merchant_IsShownToo_WhenTheResolverSignsTheResult()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        Dictionary<string, string> payment = corridor.Payment(("qr_content", Static));
        Answered pending = await corridor.CallAsync(payment);
        Assert.Equal(("0001", "KOWLOON COFFEE"), (pending.Code, pending["merchant_name"]));
        Dictionary<string, string> query = corridor.Query(("trade_no", pending["trade_no"]));
        Assert.True(await corridor.UntilAsync(async () => (await corridor.CallAsync(query))["trade_status"] == "SUCCESS", TimeSpan.FromSeconds(10)));
        Assert.Equal("KOWLOON COFFEE", (await corridor.CallAsync(payment))["merchant_name"]);
    }

    [Fact]
    public async Task Merchant_ThatTheCodeDoesNotName_IsNoMember()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered byAddress = await corridor.CallAsync(corridor.Payment());
        Answered byCode = await corridor.CallAsync(corridor.Payment(("qr_content", EmvCode.Of(EmvCode.Fps, ("59", new string('x', 26)), ("60", "  ")))));
        Assert.Equal(("0000", "0000"), (byAddress.Code, byCode.Code));
        Assert.DoesNotContain([.. byAddress.Members.Keys, .. byCode.Members.Keys], name => name.StartsWith("merchant", StringComparison.Ordinal));
    }

    public static TheoryData<string, string> Wrong => new()
    {
        { "checksum", Static[..^1] + (Static[^1] == '0' ? '1' : '0') },
        { "currency", EmvCode.Of(EmvCode.Fps, ("53", "156")) },
        { "amount", EmvCode.Of(EmvCode.Fps, ("54", "88.81")) },
        { "method", EmvCode.Of(("01", "12"), EmvCode.Fps) },
        { "repeated", EmvCode.Of(EmvCode.Fps, ("58", "HK"), ("58", "HK")) },
        { "account", EmvCode.Of(("26", "0102ab")) },
        { "cut", Static[..^5] },
        { "address", "https://qr.example.hk@evil.example/p" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task WrongCode_IsC003_BeforeAnythingIsClaimed(string what, string code)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment(("qr_content", code));
        Answered refused = await corridor.CallAsync(payment);
        Assert.Equal(("C003", "参数值非法: qr_content"), (refused.Code, refused["resp_msg"]));
        Assert.True(corridor.Told.Pays == 0, what);
        // Neither req_id nor order number is used up.
        payment["qr_content"] = Static;
        Assert.Equal("0000", (await corridor.CallAsync(payment)).Code);
    }

    [Fact]
    public async Task WrongCode_HasItsTurnAmongTheMembers()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        string wrong = EmvCode.Of(EmvCode.Fps, ("54", "0.01"));
        Task<Answered> With(params (string, string)[] changes) => corridor.CallAsync(corridor.Payment([("qr_content", wrong), .. changes]));

        // C001 and C002 of any member come first, C003 in the table's order.
        Assert.EndsWith("terminal_id", (await With(("terminal_id", new string('x', 33))))["resp_msg"], StringComparison.Ordinal);
        Assert.EndsWith("total_amount", (await With(("total_amount", "88.801")))["resp_msg"], StringComparison.Ordinal);
        Assert.EndsWith("currency", (await With(("currency", "XXX")))["resp_msg"], StringComparison.Ordinal);
        Assert.EndsWith("qr_type", (await With(("qr_type", "03")))["resp_msg"], StringComparison.Ordinal);
        Assert.EndsWith("qr_content", (await With(("terminal_type", "03")))["resp_msg"], StringComparison.Ordinal);
        // And before what the ledger knows.
        await corridor.CallAsync(corridor.Payment(("out_trade_no", "known")));
        Assert.Equal("C003", (await With(("out_trade_no", "known"))).Code);
    }

    [Fact]
    public async Task DynamicCode_PaysOnce_HoweverItsChecksumIsSpelled_AndIsShownToItsOwnerOnly()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        (string, string) type = ("qr_type", "01"), small = ("qr_content", Dynamic[..^4] + Dynamic[^4..].ToLowerInvariant());
        Answered paid = await corridor.CallAsync(corridor.Payment(type, ("qr_content", Dynamic)));
        Answered own = await corridor.CallAsync(corridor.Payment(type, small));
        Answered theirs = await corridor.CallAsync(corridor.Payment(type, small, ("inst_id", TestCorridor.Them)));

        Assert.Equal("0000", paid.Code);
        Assert.Equal(("B005", paid["trade_no"]), (own.Code, own["trade_no"]));
        Assert.Equal(("B005", ""), (theirs.Code, theirs["trade_no"]));
        Assert.Equal(1, corridor.Told.Pays);
    }

    [Fact]
    public async Task StaticCode_PaysAgainAndAgain()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(("qr_content", Static)))).Code);
        }
    }

    [Fact]
    public async Task Code_ThatNoRouteIsFor_IsC003_ButAKnownOrderIsToldFirst()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(schemes: ["HK.COM.HKICL"]);
        Answered paid = await corridor.CallAsync(corridor.Payment(("qr_content", Static), ("out_trade_no", "known")));
        Assert.Equal("0000", paid.Code);
        foreach (string code in new[] { "https://qr.example.hk/p", "opaque", EmvCode.Of(("26", EmvCode.Objects(("00", "SG.PAYNOW")))) })
        {
            Answered refused = await corridor.CallAsync(corridor.Payment(("qr_content", code)));
            Assert.Equal(("C003", "参数值非法: qr_content"), (refused.Code, refused["resp_msg"]));
        }
        Assert.Equal(("B005", paid["trade_no"]), await KnownAsync());
        Assert.EndsWith("currency", (await corridor.CallAsync(corridor.Payment(("qr_content", EmvCode.Of(EmvCode.Fps)), ("currency", "USD"))))["resp_msg"], StringComparison.Ordinal);

        async Task<(string, string)> KnownAsync()
        {
            Answered known = await corridor.CallAsync(corridor.Payment(("out_trade_no", "known"), ("qr_content", "opaque")));
            return (known.Code, known["trade_no"]);
        }
    }

    /// <summary>A warm-up that is refused on its way would warm up refusals.</summary>
    [Fact]
    public void WarmUp_IsARequestThatIsReadWhole()
    {
        var slot = new RequestSlot();
        slot.SetBody(System.Text.Encoding.UTF8.GetBytes(Corridor.WarmUpBody, slot.BodyBuffer));
        Assert.False(RequestReader.Read(slot).IsRefusal);
        Assert.False(RequestReader.CheckInterface(slot).IsRefusal);
        Assert.Equal("咖啡", System.Text.Encoding.UTF8.GetString(slot.Code.MerchantName.Of(slot[Member.QrContent])));
    }

    private static string LetteredChecksum(Func<int, string> make) => Enumerable.Range(0, 1000).Select(make).First(code => code[^4..].Any(char.IsAsciiLetter));
}
