using System.Collections.Concurrent;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Notify;

/// <summary>What the change feed shows the notifier.</summary>
/// <param name="Id">A notification to be made; <c>default</c> when it is one of the others.</param>
/// <param name="InstId">Whose.</param>
/// <param name="Sequence">Of the record that ended it.</param>
/// <param name="UpTo">Everything before was shown.</param>
/// <param name="BeginsAgain">What was kept is of another journal.</param>
internal readonly record struct Arrival(NotifyId Id, InstId InstId, long Sequence, FeedPosition? UpTo, bool BeginsAgain);

/// <summary>
/// Where the feed's thread hands over to the notifier's. What concerns nobody is left out here; what the notifier cannot take in for want of a
/// store is left in the journal: the feed shows it again.
/// </summary>
internal sealed partial class NotifyInbox(InstitutionDirectory institutions, ILedger ledger, IScheduler scheduler, TimeProvider clock, ILogger logger)
{
    /// <summary>As many may be on their way into the store; then the feed waits.</summary>
    // 15 MB; five seconds of the specification's peak.
    internal const int MostUnsaved = 50_000;

    // So long the feed waits before it is sent away: in a catch-up the notifier needs a moment for each portion.
    private const int MostWaits = 100;
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<Arrival> _arrivals = new();

    // Written by the feed's thread, and by the notifier's.
    private int _queued;

    // Written by the notifier's thread.
    private int _unsaved;

    // Set by the notifier's thread, taken by the feed's.
    private string? _lost;

    // The feed's thread's own.
    private long _nextSequence;
    private Anew? _anew;

    /// <summary>The store is new: everything is shown from the beginning of the journal, and only what is young enough is notified.</summary>
    internal void BeginAnew(string? reason) =>
        _anew = new Anew(reason ?? "there was no store", ledger.FeedEnd, clock.GetUtcNow().ToUnixTimeMilliseconds() - (long)NotifySchedule.Length.TotalMilliseconds);

    /// <summary>The store was lost while it was in use: the feed is to show everything again. What it shows until it has been told so is to be passed over.</summary>
    internal void ShowAgain(string reason) => Volatile.Write(ref _lost, reason);

    /// <exception cref="ShowAgainException">What was shown before is not kept any more.</exception>
    internal void Ended(NotifyId id, InstId instId, long finalAtMs, long sequence)
    {
        ThrowWhenLost();
        // Shown before, in a portion that did not come to its end.
        if (sequence < _nextSequence)
        {
            return;
        }
        _nextSequence = sequence + 1;
        if (institutions.Find(instId)?.NotifyTarget is null)
        {
            return;
        }
        if (finalAtMs < _anew?.SinceMs)
        {
            _anew.PassedOver++;
            return;
        }
        if (_anew is not null)
        {
            _anew.Taken++;
        }
        Interlocked.Increment(ref _queued);
        _arrivals.Enqueue(new Arrival(id, instId, sequence, null, false));
    }

    /// <exception cref="IOException">The store takes nothing in: the portion is to be shown again.</exception>
    /// <exception cref="ShowAgainException">What was shown before is not kept any more.</exception>
    internal void Shown(FeedPosition upTo)
    {
        ThrowWhenLost();
        for (int waits = 0; Volatile.Read(ref _queued) + Volatile.Read(ref _unsaved) > MostUnsaved; waits++)
        {
            if (waits == MostWaits)
            {
                throw new IOException($"more than {MostUnsaved} notifications wait to be stored");
            }
            scheduler.Sleep(Wait);
            ThrowWhenLost();
        }
        _arrivals.Enqueue(new Arrival(default, default, 0, upTo, false));
        if (_anew is { } anew && upTo.Address >= anew.EndedAt)
        {
            if (anew.Taken + anew.PassedOver > 0)
            {
                LogBegunAnew(anew.Reason, anew.Taken, NotifySchedule.Length.TotalHours, anew.PassedOver);
            }
            _anew = null;
        }
    }

    internal void BeginAgain() => BeginAgain("the journal is not the one that was notified");

    internal bool TryTake(out Arrival arrival)
    {
        bool isThere = _arrivals.TryDequeue(out arrival);
        if (isThere && arrival.Id.IsAssigned)
        {
            Interlocked.Decrement(ref _queued);
        }
        return isThere;
    }

    /// <summary>Says how many were taken and are not in the store.</summary>
    internal void SetUnsaved(int notifications) => Volatile.Write(ref _unsaved, notifications);

    private void BeginAgain(string reason)
    {
        _nextSequence = 0;
        BeginAnew(reason);
        _arrivals.Enqueue(new Arrival(default, default, 0, null, true));
    }

    private void ThrowWhenLost()
    {
        if (Interlocked.Exchange(ref _lost, null) is { } reason)
        {
            BeginAgain(reason);
            throw new ShowAgainException(reason);
        }
    }

    [LoggerMessage(EventId = 601, Level = LogLevel.Warning,
        Message = "notifications begin anew ({Reason}): {Taken} results of the last {Hours:F0} h are notified, again where they were; {PassedOver} older ones are not")]
    private partial void LogBegunAnew(string reason, long taken, double hours, long passedOver);

    /// <param name="Reason">Why.</param>
    /// <param name="EndedAt">From this address on it is news.</param>
    /// <param name="SinceMs">Older results are not notified.</param>
    private sealed record Anew(string Reason, long EndedAt, long SinceMs)
    {
        internal long Taken { get; set; }

        internal long PassedOver { get; set; }
    }
}
