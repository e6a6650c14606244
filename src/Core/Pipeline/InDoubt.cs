using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>Something that was claimed and has no result: what to ask its channel for.</summary>
/// <param name="Reference">What the channel knows it by.</param>
/// <param name="ChannelId">Which channel.</param>
internal sealed record Doubt(ClearingReference Reference, ShortText ChannelId);

/// <summary>What became of a channel's word.</summary>
internal enum Adoption : byte
{
    /// <summary>The number is of another kind.</summary>
    NotMine = 0,

    /// <summary>It is no result, or could not be recorded now: ask again.</summary>
    StillInDoubt,

    /// <summary>There is a result, this one or an earlier one.</summary>
    Ended,

    /// <summary>It failed before, and the channel says that it executed it (长款).</summary>
    Contradicted,
}

/// <summary>One kind of what can be in doubt: how it is found, and how a result is put into the book. Each number is of one kind.</summary>
internal interface IInDoubt
{
    ValueTask<IReadOnlyList<TradeNo>> ListAsync();

    /// <summary>Null: it is of another kind, or has ended.</summary>
    ValueTask<Doubt?> FindAsync(TradeNo number);

    ValueTask<Adoption> AdoptAsync(TradeNo number, ClearingResult result);
}

/// <summary>Payments.</summary>
internal sealed class PaymentsInDoubt(
    ILedger ledger, InstitutionDirectory institutions, AnswerSigner signer, GatewayMetrics metrics, TimeProvider clock) : IInDoubt
{
    public ValueTask<IReadOnlyList<TradeNo>> ListAsync() => ledger.PendingAsync();

    public async ValueTask<Doubt?> FindAsync(TradeNo number)
    {
        var trade = new Trade();
        return await ledger.FindAsync(number, trade) && !trade.IsFinal
            ? new Doubt(new ClearingReference(trade.TradeNo, trade.Amount, trade.Currency), trade.ChannelId)
            : null;
    }

    public async ValueTask<Adoption> AdoptAsync(TradeNo number, ClearingResult result)
    {
        var trade = new Trade();
        if (!await ledger.FindAsync(number, trade))
        {
            return Adoption.NotMine;
        }
        if (trade.IsFinal)
        {
            // The channel broke its word: it confirmed a reversal, or declined, and executed. Money moved that nobody was told of.
            return result.Outcome == ClearingOutcome.Succeeded && trade.Status != TradeStatus.Success ? Adoption.Contradicted : Adoption.Ended;
        }
        if (!ScanPay.TrySettle(trade, result, clock.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            return Adoption.StillInDoubt;
        }
        signer.SignFinal(new AnswerBuffer(), trade, institutions.Find(trade.InstId));
        CompleteState state = await ledger.CompleteAsync(trade);
        if (state == CompleteState.Recorded)
        {
            metrics.TradeReached(trade.Status);
        }
        return state is CompleteState.Recorded or CompleteState.AlreadyFinal ? Adoption.Ended : Adoption.StillInDoubt;
    }
}

/// <summary>Refunds: they hold their amount until they end (F45).</summary>
internal sealed class RefundsInDoubt(
    ILedger ledger, InstitutionDirectory institutions, AnswerSigner signer, GatewayMetrics metrics, TimeProvider clock) : IInDoubt
{
    public ValueTask<IReadOnlyList<TradeNo>> ListAsync() => ledger.PendingRefundsAsync();

    public async ValueTask<Doubt?> FindAsync(TradeNo number)
    {
        var refund = new Refund();
        return await ledger.FindRefundAsync(number, refund) && !refund.IsFinal ? new Doubt(Refunding.ReferenceOf(refund), refund.ChannelId) : null;
    }

    public async ValueTask<Adoption> AdoptAsync(TradeNo number, ClearingResult result)
    {
        (var refund, var trade) = (new Refund(), new Trade());
        CompleteState state;
        do
        {
            if (!await ledger.FindRefundAsync(number, refund) || !await ledger.FindAsync(refund.TradeNo, trade))
            {
                return Adoption.NotMine;
            }
            if (refund.IsFinal)
            {
                return result.Outcome == ClearingOutcome.Succeeded && refund.Status != TradeStatus.Success ? Adoption.Contradicted : Adoption.Ended;
            }
            if (!Refunding.TrySettle(refund, trade.Refunded, result, clock.GetUtcNow().ToUnixTimeMilliseconds(), RespCode.TradeTimeout))
            {
                return Adoption.StillInDoubt;
            }
            signer.SignFinal(new AnswerBuffer(), refund, institutions.Find(refund.InstId));
            state = await ledger.SettleRefundAsync(refund);
        }
        while (state == CompleteState.TotalsChanged);
        if (state == CompleteState.Recorded)
        {
            metrics.RefundReached(refund.Status);
        }
        return state is CompleteState.Recorded or CompleteState.AlreadyFinal ? Adoption.Ended : Adoption.StillInDoubt;
    }
}
