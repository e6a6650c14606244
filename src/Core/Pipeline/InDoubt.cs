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

/// <summary>What became of a channel's word, and what the book says of the trade or refund.</summary>
internal readonly record struct Adopted(Adoption State, TradeStatus Status, ShortText ChannelId);

/// <summary>One kind of what can be in doubt: how it is found, and how a result is put into the book. Each number is of one kind.</summary>
internal interface IInDoubt
{
    ValueTask<IReadOnlyList<TradeNo>> ListAsync();

    /// <summary>Null: it is of another kind, or has ended.</summary>
    ValueTask<Doubt?> FindAsync(TradeNo number);

    ValueTask<Adopted> AdoptAsync(TradeNo number, ClearingResult result);
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

    public async ValueTask<Adopted> AdoptAsync(TradeNo number, ClearingResult result)
    {
        var trade = new Trade();
        while (await ledger.FindAsync(number, trade))
        {
            if (trade.IsFinal)
            {
                return Adopted(InDoubt.OfFinal(trade.Status, result));
            }
            if (!ScanPay.TrySettle(trade, result, clock.GetUtcNow().ToUnixTimeMilliseconds()))
            {
                return Adopted(Adoption.StillInDoubt);
            }
            signer.SignFinal(new AnswerBuffer(), trade, institutions.Find(trade.InstId));
            CompleteState state = await ledger.CompleteAsync(trade);
            if (state == CompleteState.Recorded)
            {
                metrics.TradeReached(trade.BizType, trade.Status);
                return Adopted(Adoption.Ended);
            }
            // Somebody was quicker: what he recorded is looked at, since it may contradict this.
            if (state != CompleteState.AlreadyFinal)
            {
                return Adopted(Adoption.StillInDoubt);
            }
        }
        return default;

        Adopted Adopted(Adoption state) => new(state, trade.Status, trade.ChannelId);
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

    public async ValueTask<Adopted> AdoptAsync(TradeNo number, ClearingResult result)
    {
        (var refund, var trade) = (new Refund(), new Trade());
        while (await ledger.FindRefundAsync(number, refund) && await ledger.FindAsync(refund.TradeNo, trade))
        {
            if (refund.IsFinal)
            {
                return Adopted(InDoubt.OfFinal(refund.Status, result));
            }
            if (!Refunding.TrySettle(refund, trade.Refunded, result, clock.GetUtcNow().ToUnixTimeMilliseconds(), RespCode.TradeTimeout))
            {
                return Adopted(Adoption.StillInDoubt);
            }
            signer.SignFinal(new AnswerBuffer(), refund, institutions.Find(refund.InstId));
            CompleteState state = await ledger.SettleRefundAsync(refund);
            if (state == CompleteState.Recorded)
            {
                metrics.RefundReached(refund.Status);
                return Adopted(Adoption.Ended);
            }
            if (state is not (CompleteState.AlreadyFinal or CompleteState.TotalsChanged))
            {
                return Adopted(Adoption.StillInDoubt);
            }
        }
        return default;

        Adopted Adopted(Adoption state) => new(state, refund.Status, refund.ChannelId);
    }
}

internal static class InDoubt
{
    /// <summary>The channel broke its word when it confirmed a reversal, or declined, and executed: money moved that nobody was told of.</summary>
    internal static Adoption OfFinal(TradeStatus status, in ClearingResult result) =>
        result.Outcome == ClearingOutcome.Succeeded && status != TradeStatus.Success ? Adoption.Contradicted : Adoption.Ended;
}
