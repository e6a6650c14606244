using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>An institution calls what it is registered for (D003).</summary>
public sealed class PermissionTests
{
    [Fact]
    public async Task AnInterfaceThatIsNotItsOwn_IsD003_AndNothingHappens()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await corridor.CallAsync(corridor.Payment());
        corridor.Permit(TestCorridor.Us, BizType.ScanPay, BizType.RefundQuery);

        Dictionary<string, string> refund = corridor.Refund(paid, "1.00");
        Assert.Equal("D003", (await corridor.CallAsync(refund))["resp_code"]);
        Assert.Equal("D003", (await corridor.CallAsync(corridor.Query(("trade_no", paid["trade_no"]))))["resp_code"]);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment()))["resp_code"]);
        Assert.Equal("B006", (await corridor.CallAsync(corridor.RefundQuery(("refund_no", refund["refund_no"]))))["resp_code"]);

        // Nothing was recorded: registered for it, the very same request is a refund.
        corridor.Permit(TestCorridor.Us, BizType.Refund);
        Assert.Equal("0000", (await corridor.CallAsync(refund))["resp_code"]);
    }

    [Fact]
    public async Task ItIsToldBeforeARecordedAnswer_AndOnlyToWhomItConcerns()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment();
        Assert.Equal("0000", (await corridor.CallAsync(payment))["resp_code"]);
        corridor.Permit(TestCorridor.Us, BizType.TradeQuery);
        Assert.Equal("D003", (await corridor.CallAsync(payment))["resp_code"]);
        // Whoever cannot sign as the institution does not learn what it may do.
        string foreign = System.Text.Json.JsonSerializer.Serialize(TestCorridor.Sign(payment, TestCorridor.Them));
        Assert.Equal("D001", (await corridor.SendAsync(foreign))["resp_code"]);
    }
}
