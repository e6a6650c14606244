using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Host.Simulator;

/// <summary>
/// The simulator's books: what it was asked to pay and to give back, when that is due, what was reversed. Memory and file change together
/// under one lock, so that the lines tell the same story in the same order.
/// </summary>
/// <remarks>
/// Payments and refunds are entries of one dictionary: a reference is given once, whatever for. A refund is executed only out of money
/// that its payment moved and that no other refund holds (<see cref="Refunds"/>); from then on the payment is not reversed any more.
/// </remarks>
internal sealed class Books : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TradeNo, BookEntry> _entries = [];
    private readonly Refunds _refunds = new();
    private readonly TimeSpan _settleWindow;
    private readonly TimeProvider _clock;
    private readonly long _openedAtMs;
    private readonly BookFile _file;
    private long _paysReceived;

    internal Books(string directory, TimeSpan settleWindow, TimeProvider clock)
    {
        _settleWindow = settleWindow;
        _clock = clock;
        _openedAtMs = NowMs;
        _file = BookFile.Open(directory, Replay);
    }

    /// <summary>Payment requests since the books were opened, repeated ones included.</summary>
    internal long PaysReceived => Interlocked.Read(ref _paysReceived);

    internal long NowMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <summary>Books a payment or a refund. A known reference keeps its first outcome and is never executed again.</summary>
    internal BookReceipt Receive(in ClearingReference reference, TimeSpan latency)
    {
        if (!reference.IsRefund)
        {
            Interlocked.Increment(ref _paysReceived);
        }
        lock (_gate)
        {
            ref BookEntry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, reference.TradeNo, out bool isKnown);
            bool isOther = isKnown && !IsSame(entry, reference);
            bool isDuplicate = entry.IsReceived;
            string? declineCode = null;
            if (!isDuplicate && !isOther && reference.IsRefund)
            {
                // A blocked one stays what it is: there is nothing to guard.
                declineCode = entry.IsBlocked ? null : _refunds.DeclineOf(reference, MoneyOf(reference.Original));
                _refunds.Know(reference, declineCode);
            }
            Script script = ScriptOf(reference.TradeNo, isKnown ? entry.Amount : reference.Amount);
            if (!isDuplicate && !isOther)
            {
                TimeSpan delay = script.Delay > TimeSpan.Zero ? script.Delay : latency;
                Enter(ref entry, reference, NowMs + (long)delay.TotalMilliseconds);
                Accept(ref entry, reference, script);
            }
            var line = new BookLine
            {
                Event = reference.IsRefund ? BookEvent.Refund : BookEvent.Pay,
                AtMs = NowMs,
                Reference = reference,
                Result = isOther ? BookResult.OtherContent : Look(entry, script, entry.DueAtMs),
                IsExecuted = IsExecuted(entry, script),
                IsDuplicate = isDuplicate,
                DueAtMs = entry.DueAtMs,
                DeclineCode = declineCode,
            };
            bool isSettled = isOther || Look(entry, script, NowMs) == BookResult.Reversed;
            return new BookReceipt(script.Answer, entry.DueAtMs, isSettled, _file.AddAsync(line));
        }
    }

    /// <summary>What the books say now. Whoever is told SUCCESS may rely on it: from then on no reversal is confirmed.</summary>
    internal BookAnswer Tell(in ClearingReference reference)
    {
        lock (_gate)
        {
            ref BookEntry entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, reference.TradeNo);
            if (Unsafe.IsNullRef(ref entry))
            {
                return new BookAnswer(BookResult.NotFound, "", reference, _file.WrittenSoFarAsync());
            }
            Script script = ScriptOf(reference.TradeNo, entry.Amount);
            BookResult result = IsSame(entry, reference) ? Look(entry, script, NowMs) : BookResult.OtherContent;
            if (result == BookResult.Success && !entry.IsFinal)
            {
                entry.IsFinal = true;
                // What is answered with its result is taken for final when the books are opened again: no line for each.
                if (script.Answer != PayAnswer.AtDueTime)
                {
                    _file.AddAsync(new BookLine
                    {
                        Event = BookEvent.Final,
                        AtMs = NowMs,
                        Reference = reference,
                        Result = result,
                        IsExecuted = true,
                        DueAtMs = entry.DueAtMs,
                    });
                }
            }
            return new BookAnswer(result, script.DeclineCode, reference, _file.WrittenSoFarAsync());
        }
    }

    /// <summary>
    /// Undoes a payment that nobody was told the success of, stops a refund that has not been executed, or blocks a reference that never came.
    /// </summary>
    internal BookAnswer Reverse(in ClearingReference reference)
    {
        lock (_gate)
        {
            ref BookEntry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, reference.TradeNo, out bool isKnown);
            bool isOther = isKnown && !IsSame(entry, reference);
            bool wasReversed = entry.IsReversed;
            Script script = ScriptOf(reference.TradeNo, isKnown ? entry.Amount : reference.Amount);
            BookResult result = isOther ? BookResult.OtherContent
                : IsTooLate(entry, script, reference.IsRefund) ? BookResult.Success
                : BookResult.Reversed;
            if (result == BookResult.Reversed)
            {
                MarkReversed(ref entry, isKnown, reference, script);
            }
            Task written = _file.AddAsync(new BookLine
            {
                Event = BookEvent.Reverse,
                AtMs = NowMs,
                Reference = reference,
                Result = result,
                IsExecuted = IsExecuted(entry, script),
                IsDuplicate = wasReversed,
                DueAtMs = entry.DueAtMs,
            });
            return new BookAnswer(result, "", reference, written);
        }
    }

    private static bool IsExecuted(in BookEntry entry, Script script) =>
        entry.IsReceived && script.Moves && !entry.IsBlocked && (!entry.IsReversed || script.IgnoresReversal);

    private static BookResult Look(in BookEntry entry, Script script, long nowMs)
    {
        bool executesAllTheSame = script.IgnoresReversal && entry.IsReceived && !entry.IsBlocked && nowMs >= entry.DueAtMs;
        if (entry.IsReversed && !executesAllTheSame)
        {
            return BookResult.Reversed;
        }
        if (!script.IsKnown)
        {
            return BookResult.NotFound;
        }
        return nowMs < entry.DueAtMs ? BookResult.Pending : script.Moves ? BookResult.Success : BookResult.Failed;
    }

    private static void Enter(ref BookEntry entry, in ClearingReference reference, long dueAtMs)
    {
        entry.Amount = reference.Amount;
        entry.CurrencyRaw = reference.Currency.ToRaw();
        entry.DueAtMs = dueAtMs;
    }

    private bool IsSame(in BookEntry entry, in ClearingReference reference) =>
        entry.Amount == reference.Amount && entry.CurrencyRaw == reference.Currency.ToRaw() &&
        _refunds.OriginalOf(reference.TradeNo) == reference.Original;

    private Script ScriptOf(TradeNo reference, Amount amount) => _refunds.ScriptOf(reference, amount, _settleWindow);

    /// <summary>A payment out of which money can be given back: its money has moved. Null: it has not.</summary>
    private BookEntry? MoneyOf(TradeNo payment)
    {
        bool isPayment = _entries.TryGetValue(payment, out BookEntry entry) && entry.IsReceived && !_refunds.OriginalOf(payment).IsAssigned;
        return isPayment && Look(entry, ScriptOf(payment, entry.Amount), NowMs) == BookResult.Success ? entry : null;
    }

    // A refund that will be executed takes its part of the payment now, and the payment stays paid.
    private void Accept(ref BookEntry entry, in ClearingReference reference, Script script)
    {
        entry.IsReceived = true;
        if (reference.IsRefund && IsExecuted(entry, script))
        {
            CollectionsMarshal.GetValueRefOrNullRef(_entries, reference.Original).IsFinal = true;
            _refunds.Hold(reference);
        }
    }

    private void MarkReversed(ref BookEntry entry, bool isKnown, in ClearingReference reference, Script script)
    {
        bool wasToMove = IsExecuted(entry, script);
        if (!isKnown)
        {
            Enter(ref entry, reference, dueAtMs: 0);
            entry.IsBlocked = true;
            if (reference.IsRefund)
            {
                _refunds.Know(reference, declineCode: null);
            }
        }
        entry.IsReversed = true;
        if (reference.IsRefund && wasToMove && !IsExecuted(entry, script))
        {
            _refunds.Release(reference);
        }
    }

    // A refund that was executed is not taken back from whoever has the money now, told or not; the liar says that it was.
    private bool IsTooLate(in BookEntry entry, Script script, bool isRefund)
    {
        bool isMoved = IsExecuted(entry, script) && !script.IgnoresReversal;
        bool wasAnsweredBeforeRestart = isMoved && script.Answer == PayAnswer.AtDueTime && entry.DueAtMs <= _openedAtMs;
        return entry.IsFinal || wasAnsweredBeforeRestart || (isRefund && isMoved && entry.DueAtMs <= NowMs);
    }

    // False: such a line was never written, for what it says cannot be.
    private bool Replay(BookLine line)
    {
        if (line.Result == BookResult.OtherContent)
        {
            return true;
        }
        ClearingReference reference = line.Reference;
        bool isPastTheGuard = reference.IsRefund && line.DeclineCode is null && line.Result != BookResult.Reversed;
        ref BookEntry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, reference.TradeNo, out bool isKnown);
        switch (line.Event)
        {
            case BookEvent.Pay when reference.IsRefund:
            case BookEvent.Refund when !reference.IsRefund:
            case BookEvent.Refund when !entry.IsReceived && isPastTheGuard && !_entries.ContainsKey(reference.Original):
                return false;
            case BookEvent.Pay or BookEvent.Refund when !entry.IsReceived:
                if (reference.IsRefund)
                {
                    _refunds.Know(reference, line.DeclineCode);
                }
                Enter(ref entry, reference, line.DueAtMs);
                Accept(ref entry, reference, ScriptOf(reference.TradeNo, reference.Amount));
                break;
            case BookEvent.Reverse when line.Result == BookResult.Reversed:
                MarkReversed(ref entry, isKnown, reference, ScriptOf(reference.TradeNo, reference.Amount));
                break;
            case BookEvent.Reverse or BookEvent.Final:
                entry.IsFinal = true;
                break;
            default:
                break;
        }
        return true;
    }
}
