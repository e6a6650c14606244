using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Host.Simulator;

/// <summary>
/// The simulator's books: what it was asked to pay, when that is due, what was reversed. Memory and file change together under one lock,
/// so that the lines tell the same story in the same order.
/// </summary>
internal sealed class Books : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TradeNo, BookEntry> _entries = [];
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

    /// <summary>Books a payment. A known reference keeps its first outcome and is never executed again.</summary>
    internal BookReceipt Receive(in ClearingReference reference, TimeSpan latency)
    {
        Interlocked.Increment(ref _paysReceived);
        lock (_gate)
        {
            ref BookEntry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, reference.TradeNo, out bool isKnown);
            bool isOther = isKnown && !IsSame(entry, reference);
            bool isDuplicate = entry.IsPaid;
            Script script = Script.Of(isKnown ? entry.Amount : reference.Amount, _settleWindow);
            if (!isDuplicate && !isOther)
            {
                TimeSpan delay = script.Delay > TimeSpan.Zero ? script.Delay : latency;
                Enter(ref entry, reference, NowMs + (long)delay.TotalMilliseconds);
                entry.IsPaid = true;
            }
            var line = new BookLine
            {
                Event = BookEvent.Pay,
                AtMs = NowMs,
                Reference = reference,
                Result = isOther ? BookResult.OtherContent : Look(entry, script, entry.DueAtMs),
                IsExecuted = IsExecuted(entry, script),
                IsDuplicate = isDuplicate,
                DueAtMs = entry.DueAtMs,
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
            Script script = Script.Of(entry.Amount, _settleWindow);
            BookResult result = IsSame(entry, reference) ? Look(entry, script, NowMs) : BookResult.OtherContent;
            if (result == BookResult.Success && !entry.IsFinal)
            {
                entry.IsFinal = true;
                // Payments that are answered with their result are taken for final when the books are opened again: no line for each.
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

    /// <summary>Undoes a payment that nobody was told the success of, or blocks a reference that never came.</summary>
    internal BookAnswer Reverse(in ClearingReference reference)
    {
        lock (_gate)
        {
            ref BookEntry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, reference.TradeNo, out bool isKnown);
            bool isOther = isKnown && !IsSame(entry, reference);
            bool wasReversed = entry.IsReversed;
            Script script = Script.Of(isKnown ? entry.Amount : reference.Amount, _settleWindow);
            BookResult result = isOther ? BookResult.OtherContent
                : IsTold(entry, script) ? BookResult.Success
                : BookResult.Reversed;
            if (result == BookResult.Reversed)
            {
                MarkReversed(ref entry, isKnown, reference);
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

    private static bool IsSame(in BookEntry entry, in ClearingReference reference) =>
        entry.Amount == reference.Amount && entry.CurrencyRaw == reference.Currency.ToRaw();

    private static bool IsExecuted(in BookEntry entry, Script script) =>
        entry.IsPaid && script.Moves && !entry.IsBlocked && (!entry.IsReversed || script.IgnoresReversal);

    private static BookResult Look(in BookEntry entry, Script script, long nowMs)
    {
        bool executesAllTheSame = script.IgnoresReversal && entry.IsPaid && !entry.IsBlocked && nowMs >= entry.DueAtMs;
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

    private static void MarkReversed(ref BookEntry entry, bool isKnown, in ClearingReference reference)
    {
        if (!isKnown)
        {
            Enter(ref entry, reference, dueAtMs: 0);
            entry.IsBlocked = true;
        }
        entry.IsReversed = true;
    }

    private bool IsTold(in BookEntry entry, Script script)
    {
        bool wasAnsweredBeforeRestart = entry.IsPaid && !entry.IsReversed && script.Moves &&
            script.Answer == PayAnswer.AtDueTime && entry.DueAtMs <= _openedAtMs;
        return entry.IsFinal || wasAnsweredBeforeRestart;
    }

    private void Replay(BookLine line)
    {
        if (line.Result == BookResult.OtherContent)
        {
            return;
        }
        ref BookEntry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, line.Reference.TradeNo, out bool isKnown);
        switch (line.Event)
        {
            case BookEvent.Pay when !entry.IsPaid:
                Enter(ref entry, line.Reference, line.DueAtMs);
                entry.IsPaid = true;
                break;
            case BookEvent.Reverse when line.Result == BookResult.Reversed:
                MarkReversed(ref entry, isKnown, line.Reference);
                break;
            case BookEvent.Reverse or BookEvent.Final:
                entry.IsFinal = true;
                break;
            default:
                break;
        }
    }
}
