using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>
/// A clearing house that keeps docs/channel-contract.md, with books: it executes a reference once, or never after it confirmed a reversal of it, and a
/// reversal undoes what nobody was told of. How long it takes, and whether it says anything, is chance.
/// </summary>
internal sealed class HonestChannel(int seed)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TradeNo, Entry> _books = [];
    private readonly Random _random = new(seed);

    internal enum Manner
    {
        Pays,
        Declines,

        /// <summary>Executes it and says nothing.</summary>
        PaysSilently,

        /// <summary>Never gets it.</summary>
        Loses,
    }

    /// <summary>Of payments sent from here on.</summary>
    internal Manner Next { get; set; }

    internal void Serve(ToldChannel told)
    {
        told.Pay = PayAsync;
        told.Refund = RefundAsync;
        told.Inquire = Inquire;
        told.ReverseSlowly = ReverseAsync;
    }

    /// <summary>What the payment took from its payer and did not give back, in minor units; null: it is not in the books.</summary>
    internal (bool IsExecuted, int Deliveries, long Refunded) Of(TradeNo tradeNo)
    {
        lock (_gate)
        {
            long refunded = _books.Values.Where(entry => entry.Reference.Original == tradeNo && entry.IsExecuted).Sum(entry => entry.Reference.Amount.MinorUnits);
            return _books.TryGetValue(tradeNo, out Entry? payment) ? (payment.IsExecuted, payment.Deliveries, refunded) : (false, 0, refunded);
        }
    }

    private async Task<ClearingResult> PayAsync(ClearingReference reference)
    {
        Manner manner = Next;
        await LaterAsync();
        lock (_gate)
        {
            if (manner == Manner.Loses)
            {
                return ClearingResult.Of(ClearingOutcome.Unknown);
            }
            Entry entry = Receive(reference);
            entry.IsDeclined = manner == Manner.Declines && !entry.IsReversed;
            entry.IsExecuted = !entry.IsDeclined && !entry.IsReversed;
            if (manner == Manner.PaysSilently)
            {
                return ClearingResult.Of(ClearingOutcome.Unknown);
            }
            entry.IsTold = true;
        }
        ClearingResult result = Inquire(reference);
        await LaterAsync();
        return result;
    }

    private async Task<ClearingResult> RefundAsync(ClearingReference reference)
    {
        await LaterAsync();
        lock (_gate)
        {
            long left = _books.TryGetValue(reference.Original, out Entry? payment) && payment.IsExecuted ? payment.Reference.Amount.MinorUnits : 0;
            left -= _books.Values.Where(entry => entry.Reference.Original == reference.Original && entry.IsExecuted).Sum(entry => entry.Reference.Amount.MinorUnits);
            Entry refund = Receive(reference);
            refund.IsExecuted = left >= reference.Amount.MinorUnits;
            payment?.IsTold = true;
            return refund.IsExecuted ? ClearingResult.Of(ClearingOutcome.Succeeded) : new ClearingResult(ClearingOutcome.Failed, RespCode.TradeStateForbids, default);
        }
    }

    private ClearingResult Inquire(ClearingReference reference)
    {
        lock (_gate)
        {
            if (!_books.TryGetValue(reference.TradeNo, out Entry? entry))
            {
                return ClearingResult.Of(ClearingOutcome.NotFound);
            }
            entry.IsTold |= entry.IsExecuted;
            return entry.IsExecuted ? ClearingResult.Of(ClearingOutcome.Succeeded)
                : entry.IsReversed ? ClearingResult.Of(ClearingOutcome.Reversed)
                : new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default);
        }
    }

    private async Task<ClearingResult> ReverseAsync(ClearingReference reference)
    {
        await LaterAsync();
        ClearingResult result;
        lock (_gate)
        {
            if (!_books.TryGetValue(reference.TradeNo, out Entry? entry))
            {
                _books.Add(reference.TradeNo, entry = new Entry { Reference = reference });
            }
            if (!entry.IsDeclined && !(entry.IsExecuted && entry.IsTold))
            {
                (entry.IsExecuted, entry.IsReversed) = (false, true);
            }
            result = ClearingResult.Of(entry.IsReversed ? ClearingOutcome.Reversed : entry.IsExecuted ? ClearingOutcome.Succeeded : ClearingOutcome.Unknown);
        }
        await LaterAsync();
        return result;
    }

    private Entry Receive(ClearingReference reference)
    {
        if (!_books.TryGetValue(reference.TradeNo, out Entry? entry))
        {
            _books.Add(reference.TradeNo, entry = new Entry { Reference = reference });
        }
        entry.Deliveries++;
        return entry;
    }

    private Task LaterAsync()
    {
        int milliseconds;
        lock (_gate)
        {
            milliseconds = _random.Next(4);
        }
        return Task.Run(() => Task.Delay(milliseconds));
    }

    private sealed class Entry
    {
        internal required ClearingReference Reference { get; init; }

        internal int Deliveries { get; set; }

        internal bool IsExecuted { get; set; }

        internal bool IsDeclined { get; set; }

        internal bool IsReversed { get; set; }

        internal bool IsTold { get; set; }
    }
}
