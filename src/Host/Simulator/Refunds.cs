using System.Runtime.InteropServices;
using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Host.Simulator;

/// <summary>
/// What the books keep of refunds beside their entries: which payment each belongs to, why the guard declined it, and how much of each
/// payment is given back or about to be. Under the lock of <see cref="Books"/>.
/// </summary>
internal sealed class Refunds
{
    /// <summary>More than the payment's amount would have been given back.</summary>
    internal const string Exceeded = "REFUND_EXCEEDED";

    /// <summary>There is no money to give back: the payment is unknown, not executed or not yet, reversed, or in another currency.</summary>
    internal const string NotExecuted = "ORIGINAL_NOT_EXECUTED";

    private readonly Dictionary<TradeNo, Terms> _terms = [];
    private readonly Dictionary<TradeNo, long> _held = [];

    /// <summary>The payment of a refund; unassigned when the reference is not a refund's.</summary>
    internal TradeNo OriginalOf(TradeNo reference) => _terms.GetValueOrDefault(reference).Original;

    /// <summary>What becomes of a known reference: the guard's decline, or what its amount says.</summary>
    internal Script ScriptOf(TradeNo reference, Amount amount, TimeSpan settleWindow) =>
        _terms.GetValueOrDefault(reference).DeclineCode is { } declineCode ? Script.Declined(declineCode) : Script.Of(amount, settleWindow);

    /// <summary>Why a refund may not be executed; null when it may. The clearing house's own guard, whatever the gateway believes.</summary>
    /// <param name="refund">The refund.</param>
    /// <param name="payment">Its payment, as far as it is executed; null when it is not.</param>
    internal string? DeclineOf(in ClearingReference refund, BookEntry? payment)
    {
        if (payment is not { } paid || paid.CurrencyRaw != refund.Currency.ToRaw())
        {
            return NotExecuted;
        }
        return refund.Amount.MinorUnits > paid.Amount.MinorUnits - _held.GetValueOrDefault(refund.Original) ? Exceeded : null;
    }

    /// <summary>A refund is known from here on.</summary>
    internal void Know(in ClearingReference refund, string? declineCode) => _terms[refund.TradeNo] = new Terms(refund.Original, declineCode);

    /// <summary>The refund's amount is not there for another one.</summary>
    internal void Hold(in ClearingReference refund) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_held, refund.Original, out _) += refund.Amount.MinorUnits;

    /// <summary>The refund was stopped before it was executed.</summary>
    internal void Release(in ClearingReference refund) => _held[refund.Original] -= refund.Amount.MinorUnits;

    private readonly record struct Terms(TradeNo Original, string? DeclineCode);
}
