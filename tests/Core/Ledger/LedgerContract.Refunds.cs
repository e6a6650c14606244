using HotPath.Core.Ledger;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Refunds (protocol, section 5; F43 to F45, I5). A trade in these tests is of 8,880 minor units.</summary>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task Reserve_PartOfAPaidTrade_IsWonPendingAndHoldsItsAmount()
    {
        Trade trade = await Paid("R1", "T1");
        Refund refund = Refunds.New(Ledger, trade, "F1", 3_000);
        Assert.Equal(new Claim(ClaimState.Won, refund.RefundId), await Ledger.ReserveRefundAsync(refund, trade));
        Assert.Equal(new RefundTotals(3_000, 0, 1), refund.Totals);

        var found = new Refund();
        Assert.True(await Ledger.FindRefundAsync(refund.RefundId, found));
        Refunds.AssertSame(refund, found);
        Assert.True(await Ledger.FindRefundByNoAsync(trade.InstId, Trades.Bytes("F1"), found));
        Refunds.AssertSame(refund, found);
        Assert.Equal([refund.RefundId], await Ledger.PendingRefundsAsync());
        Assert.Empty(await Ledger.PendingAsync());
        Assert.Equal(new RefundTotals(3_000, 0, 1), await RefundedOf(trade));
    }

    [Fact]
    public async Task Reserve_MoreThanIsLeft_IsB008_AndAFailedRefundGivesItsAmountBack()
    {
        Trade trade = await Paid("R1", "T1");
        Refund first = await Reserved(trade, "F1", 8_000);
        Assert.Equal(RespCode.RefundAmountExceeded, await Refused(trade, "F2", 881));
        await Reserved(trade, "F3", 880);
        Assert.Equal(RespCode.RefundAmountExceeded, await Refused(trade, "F4", 1));

        Assert.Equal(CompleteState.Recorded, await Ledger.SettleRefundAsync(first.Ended(Ledger, NowMs, 0, TradeStatus.Failed)));
        Assert.Equal(new RefundTotals(880, 0, 1), await RefundedOf(trade));
        await Reserved(trade, "F5", 8_000);
    }

    [Fact]
    public async Task Reserve_Full_IsOnlyForATradeOfWhichNothingWasRefunded()
    {
        Trade trade = await Paid("R1", "T1");
        Assert.Equal(RespCode.RefundAmountExceeded, await Refused(trade, "F1", 8_879, RefundType.Full));
        Refund part = await Reserved(trade, "F2", 1);
        Assert.Equal(RespCode.RefundAmountExceeded, await Refused(trade, "F3", 8_880, RefundType.Full));
        await Ledger.SettleRefundAsync(part.Ended(Ledger, NowMs, 0, TradeStatus.Failed));
        Refund full = await Reserved(trade, "F4", 8_880, RefundType.Full);
        await Ledger.SettleRefundAsync(full.Ended(Ledger, NowMs, 0));
        Assert.Equal(new RefundTotals(8_880, 8_880, 1), await RefundedOf(trade));
        Assert.Equal(RespCode.RefundAmountExceeded, await Refused(trade, "F5", 1));
    }

    [Fact]
    public async Task Reserve_TheFiftyFirst_IsB009_AndFailedOnesDoNotCount()
    {
        Trade trade = await Paid("R1", "T1");
        Refund first = await Reserved(trade, "F0", 1);
        for (int i = 1; i < RefundRules.MaxRefunds; i++)
        {
            await Reserved(trade, $"F{i}", 1);
        }
        Assert.Equal(RespCode.RefundsExhausted, await Refused(trade, "F50", 9_999));
        await Ledger.SettleRefundAsync(first.Ended(Ledger, NowMs, 0, TradeStatus.Failed));
        await Reserved(trade, "F50", 1);
    }

    [Fact]
    public async Task Reserve_InTheLastSecondOfDay180_IsTaken_AndTheFirstAfterIsB010()
    {
        Trade trade = await Paid("R1", "T1");
        // 24:00 in Beijing, 180 days after the day of the payment.
        DateTimeOffset paidAt = DateTimeOffset.FromUnixTimeMilliseconds(trade.FinalAtMs).ToOffset(TimeSpan.FromHours(8));
        var end = new DateTimeOffset(paidAt.Date.AddDays(181), TimeSpan.FromHours(8));
        await Ledger.DisposeAsync();
        Clock.SetUtcNow(end.AddMilliseconds(-1));
        await Reopen();
        await Reserved(trade, "F1", 1);
        Clock.SetUtcNow(end);
        Assert.Equal(RespCode.RefundExpired, await Refused(trade, "F2", 9_999));
    }

    [Fact]
    public async Task Reserve_OfATradeThatIsNotSuccess_IsB011_AndOfNoneIsB006()
    {
        Trade pending = await Won("R1", "T1");
        Assert.Equal(RespCode.TradeStateForbids, await Refused(pending, "F1", 1));
        Trade failed = await Won("R2", "T2");
        await Ledger.CompleteAsync(failed.Ended(Ledger, NowMs, TradeStatus.Failed));
        Assert.Equal(RespCode.TradeStateForbids, await Refused(failed, "F2", 9_999));
        Assert.Equal(RespCode.TradeNotFound, await Refused(Trades.New(Ledger, "R3", "T3"), "F3", 1));

        Trade paid = await Paid("R4", "T4");
        Refund refund = await Reserved(paid, "F4", 1);
        Trade ofRefund = Trades.New(Ledger, "R5", "T5");
        ofRefund.TradeNo = refund.RefundId;
        Assert.Equal(RespCode.TradeNotFound, await Refused(ofRefund, "F5", 1));
    }

    [Fact]
    public async Task Reserve_AReqIdAgain_AnswersAsForAPayment()
    {
        Trade trade = await Paid("R1", "T1");
        Refund refund = await Reserved(trade, "F1", 1);
        Assert.Equal(new Claim(ClaimState.Won, refund.RefundId), await Ledger.ReserveRefundAsync(refund, trade));
        Refund again = Refunds.New(Ledger, trade, "F1", 1);
        var found = new Refund();
        Assert.Equal(new Claim(ClaimState.InFlight, refund.RefundId), await Ledger.ReserveRefundAsync(again, trade));
        Assert.Equal(ReqIdState.InFlight, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("Q-F1"), refund.Fingerprint, found));

        await Ledger.SettleRefundAsync(refund.Ended(Ledger, NowMs, 0));
        Assert.Equal(new Claim(ClaimState.Replay, refund.RefundId), await Ledger.ReserveRefundAsync(again, trade));
        Assert.Equal(ReqIdState.Replay, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("Q-F1"), refund.Fingerprint, found));
        Refunds.AssertSame(refund, found);

        Refund other = Refunds.New(Ledger, trade, "F2", 1, reqId: "Q-F1", content: "other");
        Assert.Equal(new Claim(ClaimState.OtherContent, refund.RefundId), await Ledger.ReserveRefundAsync(other, trade));
        Assert.Equal(ReqIdState.OtherContent, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("Q-F1"), other.Fingerprint, found));
    }

    [Fact]
    public async Task AReqId_IsOneForPaymentsAndRefunds()
    {
        Trade trade = await Paid("R1", "T1");
        Refund refund = await Reserved(trade, "F1", 1);
        Assert.Equal(new Claim(ClaimState.OtherContent, refund.RefundId), await Ledger.ClaimAsync(Trades.New(Ledger, "Q-F1", "T2")));
        Assert.Equal(ReqIdState.OtherContent, await Ledger.RecallAsync(trade.InstId, Trades.Bytes("Q-F1"), trade.Fingerprint, new Trade()));

        Refund stolen = Refunds.New(Ledger, trade, "F2", 1, reqId: "R1");
        Assert.Equal(new Claim(ClaimState.OtherContent, trade.TradeNo), await Ledger.ReserveRefundAsync(stolen, trade));
        Assert.Equal(ReqIdState.OtherContent, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("R1"), stolen.Fingerprint, new Refund()));

        // A caller can make two contents whose fingerprints begin alike: that is no damage.
        Digest alike = trade.Fingerprint with { B = trade.Fingerprint.B + 1 };
        Assert.Equal(ReqIdState.OtherContent, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("R1"), alike, new Refund()));
        Assert.True(Ledger.IsReady);

        Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal(ReqIdState.Free, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("R1"), stolen.Fingerprint, new Refund()));
        Assert.Equal(ReqIdState.OtherContent, await Ledger.RecallAsync(trade.InstId, Trades.Bytes("Q-F1"), trade.Fingerprint, new Trade()));
    }

    [Fact]
    public async Task Reserve_ARefundNumberAgain_IsThatRefund_OrC004_OrANewAttemptAfterAFailure()
    {
        Trade trade = await Paid("R1", "T1");
        Refund first = await Reserved(trade, "F1", 100);
        Refund same = Refunds.New(Ledger, trade, "F1", 100, reqId: "other");
        Assert.Equal(new Claim(ClaimState.RefundExists, first.RefundId), await Ledger.ReserveRefundAsync(same, trade));
        Refund more = Refunds.New(Ledger, trade, "F1", 101, reqId: "other");
        Assert.Equal(new Claim(ClaimState.OtherContent, first.RefundId), await Ledger.ReserveRefundAsync(more, trade));

        await Ledger.SettleRefundAsync(first.Ended(Ledger, NowMs, 0, TradeStatus.Failed));
        Assert.Equal(new Claim(ClaimState.OtherContent, first.RefundId), await Ledger.ReserveRefundAsync(more, trade));
        Assert.Equal(new Claim(ClaimState.Won, same.RefundId), await Ledger.ReserveRefundAsync(same, trade));
        var found = new Refund();
        Assert.True(await Ledger.FindRefundByNoAsync(trade.InstId, Trades.Bytes("F1"), found));
        Assert.Equal(same.RefundId, found.RefundId);

        Assert.True((await Ledger.ReserveRefundAsync(Refunds.New(Ledger, await Paid("R1", "T1", Trades.Hk), "F1", 5), await Paid("R1", "T1", Trades.Hk))).IsWon);
    }

    [Fact]
    public async Task Settle_OneThatWasNeverSent_FreesItsReqIdItsNumberAndItsAmount_OverRestartsToo()
    {
        Trade trade = await Paid("R1", "T1");
        Refund refund = await Reserved(trade, "F1", 8_880);
        refund.Ended(Ledger, NowMs, 0, TradeStatus.Failed);
        refund.FailCode = RespCode.NetworkError;
        await Ledger.SettleRefundAsync(refund);
        for (int restart = 0; restart < 2; restart++)
        {
            Assert.Equal(ReqIdState.Free, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("Q-F1"), refund.Fingerprint, new Refund()));
            await Reopen();
        }
        await Reserved(trade, "F1", 8_880);
    }

    [Fact]
    public async Task Settle_ASecondTime_ChangesNothing_AndOfATradeIsNotFound()
    {
        Trade trade = await Paid("R1", "T1");
        Refund refund = await Reserved(trade, "F1", 100);
        Assert.Equal(CompleteState.Recorded, await Ledger.SettleRefundAsync(refund.Ended(Ledger, NowMs, 0)));
        Refund late = Refunds.New(Ledger, trade, "F1", 100);
        late.RefundId = refund.RefundId;
        Assert.Equal(CompleteState.AlreadyFinal, await Ledger.SettleRefundAsync(late.Ended(Ledger, NowMs, 100, TradeStatus.Failed)));
        Assert.Equal(new RefundTotals(100, 100, 1), await RefundedOf(trade));

        late.RefundId = trade.TradeNo;
        Assert.Equal(CompleteState.NotFound, await Ledger.SettleRefundAsync(late));
        Trade asTrade = Trades.New(Ledger, "R2", "T2");
        asTrade.TradeNo = refund.RefundId;
        Assert.Equal(CompleteState.NotFound, await Ledger.CompleteAsync(asTrade.Ended(Ledger, NowMs)));
        Assert.False(await Ledger.FindAsync(refund.RefundId, new Trade()));
        Assert.False(await Ledger.FindRefundAsync(trade.TradeNo, new Refund()));
    }

    [Fact]
    public async Task Settle_WithATotalThatAnotherRefundOvertook_IsToldSo_SinceTheAnswerWouldLie()
    {
        Trade trade = await Paid("R1", "T1");
        Refund first = await Reserved(trade, "F1", 100);
        Refund second = await Reserved(trade, "F2", 10);
        Assert.Equal(CompleteState.Recorded, await Ledger.SettleRefundAsync(first.Ended(Ledger, NowMs, 0)));
        Assert.Equal(CompleteState.TotalsChanged, await Ledger.SettleRefundAsync(second.Ended(Ledger, NowMs, 0)));
        Assert.Equal([second.RefundId], await Ledger.PendingRefundsAsync());
        Assert.Equal(CompleteState.Recorded, await Ledger.SettleRefundAsync(second.Ended(Ledger, NowMs, 100)));
        var found = new Refund();
        Assert.True(await Ledger.FindRefundAsync(second.RefundId, found));
        Assert.Equal(new RefundTotals(110, 110, 2), found.Totals);
    }

    [Fact]
    public async Task Restart_KeepsRefundsTheirNumbersTheirReqIdsAndWhatTheyHold()
    {
        Trade trade = await Paid("R1", "T1");
        Refund paidBack = await Reserved(trade, "F1", 100);
        await Ledger.SettleRefundAsync(paidBack.Ended(Ledger, NowMs, 0));
        await Ledger.SettleRefundAsync((await Reserved(trade, "F2", 200)).Ended(Ledger, NowMs, 100, TradeStatus.Failed));
        Refund pending = await Reserved(trade, "F3", 8_000);
        for (int restart = 0; restart < 3; restart++)
        {
            await Reopen();
            Assert.Equal(new RefundTotals(8_100, 100, 2), await RefundedOf(trade));
            Assert.Equal([pending.RefundId], await Ledger.PendingRefundsAsync());
            var found = new Refund();
            Assert.True(await Ledger.FindRefundAsync(paidBack.RefundId, found));
            Refunds.AssertSame(paidBack, found);
            Assert.Equal(ReqIdState.Replay, await Ledger.RecallRefundAsync(trade.InstId, Trades.Bytes("Q-F1"), paidBack.Fingerprint, found));
            Assert.Equal(RespCode.RefundAmountExceeded, await Refused(trade, "F4", 781));
        }
    }

    /// <summary>64 refunds of one trade at once: what is won sums up to what there was, and never to more (F43).</summary>
    [Fact]
    public async Task Reserve_SixtyFourAtOnce_NeverHoldMoreThanTheTrade()
    {
        for (int round = 0; round < 20; round++)
        {
            Trade trade = await Paid($"R{round}", $"T{round}");
            using var barrier = new Barrier(64);
            // 64 of 277 are 17,728: 32 of them fit into 8,880, and no 33rd.
            Claim[] claims = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Factory.StartNew(
                async () =>
                {
                    Refund refund = Refunds.New(Ledger, trade, $"F{round}-{i}", 277);
                    barrier.SignalAndWait();
                    return await Ledger.ReserveRefundAsync(refund, trade);
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            Assert.Equal(32, claims.Count(claim => claim.IsWon));
            Assert.All(claims.Where(claim => !claim.IsWon), claim => Assert.Equal(new Claim(ClaimState.NotRefundable, default, RespCode.RefundAmountExceeded), claim));
            Assert.Equal(new RefundTotals(32 * 277, 0, 32), await RefundedOf(trade));
        }
    }

    /// <summary>The same refund 64 times at once, each under a req_id of its own: one refund.</summary>
    [Fact]
    public async Task Reserve_OneRefundNumberSixtyFourTimesAtOnce_IsOneRefund()
    {
        Trade trade = await Paid("R1", "T1");
        Claim[] claims = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
            await Ledger.ReserveRefundAsync(Refunds.New(Ledger, trade, "F1", 10, reqId: $"Q{i}"), trade))));
        Claim won = Assert.Single(claims, claim => claim.IsWon);
        Assert.Equal(63, claims.Count(claim => claim == new Claim(ClaimState.RefundExists, won.TradeNo)));
        Assert.Equal(new RefundTotals(10, 0, 1), await RefundedOf(trade));
    }

    private async Task<Trade> Paid(string reqId, string orderNo, InstId? inst = null)
    {
        Trade trade = Trades.New(Ledger, reqId, orderNo, inst);
        Claim claim = await Ledger.ClaimAsync(trade);
        if (claim.IsWon)
        {
            Assert.Equal(CompleteState.Recorded, await Ledger.CompleteAsync(trade.Ended(Ledger, NowMs)));
        }
        var found = new Trade();
        Assert.True(await Ledger.FindAsync(claim.TradeNo, found));
        return found;
    }

    private async Task<Refund> Reserved(Trade trade, string refundNo, long minorUnits, RefundType type = RefundType.Partial)
    {
        Refund refund = Refunds.New(Ledger, trade, refundNo, minorUnits, type);
        Assert.Equal(new Claim(ClaimState.Won, refund.RefundId), await Ledger.ReserveRefundAsync(refund, trade));
        return refund;
    }

    private async Task<RespCode> Refused(Trade trade, string refundNo, long minorUnits, RefundType type = RefundType.Partial)
    {
        Claim claim = await Ledger.ReserveRefundAsync(Refunds.New(Ledger, trade, refundNo, minorUnits, type), trade);
        Assert.Equal(ClaimState.NotRefundable, claim.State);
        Assert.False(await Ledger.FindRefundByNoAsync(trade.InstId, Trades.Bytes(refundNo), new Refund()));
        return claim.Reason;
    }

    private async Task<RefundTotals> RefundedOf(Trade trade)
    {
        var found = new Trade();
        Assert.True(await Ledger.FindAsync(trade.TradeNo, found));
        return found.Refunded;
    }
}
