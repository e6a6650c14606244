using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Accounting;

/// <summary>
/// A clearing house inside the process that keeps docs/channel-contract.md, with books of its own. A share of its connections is refused, which it never
/// hears of; some of what it gets it declines, executes in silence, or loses.
/// </summary>
internal sealed class RefusingChannel(string id, double refused, int seed) : IClearingAdapter
{
    private const double Declined = 0.03;
    private const double Silent = 0.01;
    private const double Lost = 0.01;

    private readonly Lock _gate = new();
    private readonly Dictionary<TradeNo, Entry> _books = [];
    private readonly Random _random = new(seed);

    internal string Id => id;

    internal int Refusals { get; private set; }

    internal IReadOnlyList<ChannelEntry> Books
    {
        get
        {
            lock (_gate)
            {
                return [.. _books.Values.Select(entry => new ChannelEntry
                {
                    TradeNo = entry.Reference.TradeNo.ToString(),
                    Channel = id,
                    AmountMinor = entry.Reference.Amount.MinorUnits,
                    Currency = entry.Reference.Currency.ToString(),
                    Deliveries = entry.Deliveries,
                    IsExecuted = entry.IsExecuted,
                })];
            }
        }
    }

    public void EncodePay(in PayOrder order, ClearingCall call)
    {
    }

    public async ValueTask<ClearingResult> PayAsync(ClearingCall call)
    {
        // As a connection does it: the refusal comes back on another thread.
        await Task.Yield();
        lock (_gate)
        {
            if (_random.NextDouble() < refused)
            {
                Refusals++;
                return ClearingResult.Of(ClearingOutcome.NotDelivered);
            }
            double manner = _random.NextDouble();
            if (manner < Lost)
            {
                return ClearingResult.Of(ClearingOutcome.Unknown);
            }
            Entry entry = Open(call.Reference);
            entry.Deliveries++;
            entry.IsDeclined = manner < Lost + Declined && !entry.IsReversed;
            entry.IsExecuted = !entry.IsDeclined && !entry.IsReversed;
            return manner > 1 - Silent ? ClearingResult.Of(ClearingOutcome.Unknown) : Tell(entry);
        }
    }

    public void EncodeRefund(in RefundOrder order, ClearingCall call)
    {
    }

    public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => throw new NotSupportedException("nobody asks for refunds here");

    public ValueTask<ClearingResult> InquireAsync(ClearingReference reference)
    {
        lock (_gate)
        {
            return new ValueTask<ClearingResult>(_books.TryGetValue(reference.TradeNo, out Entry? entry) ? Tell(entry) : ClearingResult.Of(ClearingOutcome.NotFound));
        }
    }

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference)
    {
        lock (_gate)
        {
            Entry entry = Open(reference);
            (entry.IsExecuted, entry.IsReversed) = (entry.IsExecuted && entry.IsTold, !(entry.IsExecuted && entry.IsTold));
            return new ValueTask<ClearingResult>(ClearingResult.Of(entry.IsReversed ? ClearingOutcome.Reversed : ClearingOutcome.Succeeded));
        }
    }

    public ValueTask DisposeAsync() => default;

    private static ClearingResult Tell(Entry entry)
    {
        entry.IsTold |= entry.IsExecuted;
        return entry.IsExecuted ? ClearingResult.Of(ClearingOutcome.Succeeded)
            : entry.IsReversed ? ClearingResult.Of(ClearingOutcome.Reversed)
            : new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default);
    }

    private Entry Open(in ClearingReference reference)
    {
        if (!_books.TryGetValue(reference.TradeNo, out Entry? entry))
        {
            _books.Add(reference.TradeNo, entry = new Entry { Reference = reference });
        }
        return entry;
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
