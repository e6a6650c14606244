using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Simulation;

/// <summary>A refund that somebody wants, and goes on wanting.</summary>
internal sealed record RefundWish(Order Order, string RefundNo, string ReqId, long MinorUnits, RefundType Type);

/// <summary>
/// What refunds do to the ledger: in each process reservations, results and repetitions at once, and after each start what is still in doubt. The
/// channel's word on a refund is drawn once and is the same whenever it is asked for.
/// </summary>
internal sealed class VirtualRefunds(Run run, Chance chance)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<TradeNo, TradeStatus> _outcomes = [];
    private readonly List<RefundTold> _told = [];

    internal IReadOnlyList<RefundTold> Told => _told;

    /// <summary>One attempt of one wish in one process; true when there is nothing left to try.</summary>
    internal async Task<bool> TryAsync(ILedger ledger, Life life, RefundWish wish)
    {
        var trade = new Trade();
        var refund = new Refund();
        InstId instId = InstId.From(wish.Order.InstId);
        if (!await ledger.FindByOrderAsync(instId, Bytes(wish.Order.OrderNo), trade))
        {
            return false;
        }
        Fill(ledger, refund, wish, trade);
        Digest fingerprint = refund.Fingerprint;
        ReqIdState known = await ledger.RecallRefundAsync(instId, Bytes(wish.ReqId), fingerprint, refund);
        if (known is ReqIdState.Replay or ReqIdState.InFlight)
        {
            Tell(life, refund);
            return refund.IsFinal;
        }
        Fill(ledger, refund, wish, trade);
        Claim claim = await ledger.ReserveRefundAsync(refund, trade, Patience);
        life.ThrowIfDead();
        run.Tally.Count($"refund {(claim.State == ClaimState.NotRefundable ? RespCodes.Label(claim.Reason) : claim.State)}");
        switch (claim.State)
        {
            case ClaimState.Won:
                run.BeforeSend(refund.RefundId.ToString());
                await life.Delay(chance.Lognormal(TimeSpan.FromMilliseconds(20), 1));
                bool isInDoubt = chance.Happens(0.2);
                if (isInDoubt)
                {
                    life.Start(() => ResolveAsync(ledger, life, refund.RefundId));
                }
                return !isInDoubt && await SettleAsync(ledger, life, refund);
            case ClaimState.Replay or ClaimState.InFlight or ClaimState.RefundExists:
                if (await ledger.FindRefundAsync(claim.TradeNo, refund))
                {
                    Tell(life, refund);
                }
                return refund.IsFinal;
            case ClaimState.NotRefundable or ClaimState.OtherContent:
                return claim.Reason != RespCode.TradeStateForbids || trade.IsFinal;
            default:
                return false;
        }
    }

    /// <summary>After a start: every refund in doubt gets its result, whoever reserved it.</summary>
    internal async Task ResolveAllAsync(ILedger ledger, Life life)
    {
        ledger.WhenReservedLate(late => life.Start(() => ResolveAsync(ledger, life, late)));
        foreach (TradeNo pending in await ledger.PendingRefundsAsync())
        {
            life.Start(() => ResolveAsync(ledger, life, pending));
        }
    }

    private async Task ResolveAsync(ILedger ledger, Life life, TradeNo refundId)
    {
        for (bool isDone = false; !isDone;)
        {
            await life.Delay(chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12)));
            try
            {
                var refund = new Refund();
                isDone = !await ledger.FindRefundAsync(refundId, refund) || refund.IsFinal || await SettleAsync(ledger, life, refund);
            }
            catch (Exception failure) when (failure is LedgerUnavailableException or JournalDamagedException)
            {
                isDone = !ledger.IsReady;
            }
        }
    }

    /// <summary>Says the total in its answer, as whoever signs one has to; again when another refund was quicker.</summary>
    private async Task<bool> SettleAsync(ILedger ledger, Life life, Refund refund)
    {
        if (!_outcomes.TryGetValue(refund.RefundId, out TradeStatus outcome))
        {
            outcome = _outcomes[refund.RefundId] = chance.Happens(0.7) ? TradeStatus.Success : TradeStatus.Failed;
        }
        var trade = new Trade();
        CompleteState state;
        do
        {
            if (!await ledger.FindAsync(refund.TradeNo, trade))
            {
                return false;
            }
            await life.Delay(TimeSpan.FromMicroseconds(300));
            refund.Status = outcome;
            refund.FailCode = outcome == TradeStatus.Failed ? RespCode.AccountAbnormal : RespCode.None;
            refund.FinalAtMs = ledger.NextNo().UnixMs;
            refund.Totals = trade.Refunded.Settle(refund.Amount, outcome);
            refund.Answer.RespId = ledger.NextNo();
            refund.Answer.SetSignature([1, 2, 3]);
            state = await ledger.SettleRefundAsync(refund, Patience);
            life.ThrowIfDead();
            run.Tally.Count($"refund settled {state}");
        }
        while (state == CompleteState.TotalsChanged);
        if (state == CompleteState.Recorded)
        {
            Tell(life, refund);
        }
        return state is CompleteState.Recorded or CompleteState.AlreadyFinal;
    }

    private void Tell(Life life, Refund refund)
    {
        life.ThrowIfDead();
        run.BeforeTold(refund.RefundId.ToString(), Name(refund.Status), refund.IsFinal);
        _told.Add(new RefundTold(
            run.Loop.NowMs, refund.InstId.ToString(), refund.OrderNo.ToString(), refund.TradeNo.ToString(), refund.RefundId.ToString(), Name(refund.Status)));
    }

    private static void Fill(ILedger ledger, Refund refund, RefundWish wish, Trade trade)
    {
        refund.Clear();
        refund.RefundId = ledger.NextNo();
        refund.TradeNo = trade.TradeNo;
        refund.InstId = trade.InstId;
        refund.Fingerprint = Digest.Of(Bytes($"{wish.ReqId} {wish.RefundNo} {wish.MinorUnits} {wish.Type}"));
        refund.RefundType = wish.Type;
        refund.Amount = new Amount(wish.MinorUnits);
        refund.Currency = trade.Currency;
        refund.AcceptedAtMs = refund.RefundId.UnixMs;
        refund.ReqId.Set(Bytes(wish.ReqId));
        refund.RefundNo.Set(Bytes(wish.RefundNo));
        refund.OrderNo.Set(trade.OrderNo.Span);
        refund.ChannelId.Set(trade.ChannelId.Span);
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    private static string Name(TradeStatus status) => System.Text.Encoding.ASCII.GetString(TradeStatuses.Name(status));
}
