using System.Collections.Concurrent;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Ledger;

/// <summary>
/// Shows every change of the book to every consumer, in order, at least once, on one thread of its own: what is derived from the book costs a
/// payment nothing, and cannot get lost, for the journal is its source (docs/decisions/0016).
/// </summary>
/// <remarks>
/// It looks by itself, every 10 ms while something happens, so that a commit need not wake anybody. A consumer that fails is left alone for a
/// second and then shown the same portion again; the others go on. One that has the whole journal before it gets a portion in turn with those at its end.
/// </remarks>
public sealed partial class ChangeFeed : IWorkerBody, IDisposable
{
    /// <summary>Further behind than this it does not pause, in bytes.</summary>
    private const long MostGathered = 1024 * 1024;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    private readonly ILedger _ledger;
    private readonly Follower[] _followers;
    private readonly TimeProvider _time;
    private readonly ILogger<ChangeFeed> _logger;
    private readonly ConcurrentQueue<Waiter> _arriving = new();
    private readonly List<Waiter> _waiting = [];
    private readonly IWorker _worker;
    private TimeSpan _pause = ShortestPause;

    /// <summary>Starts at once, each consumer from where it has come to.</summary>
    public ChangeFeed(ILedger ledger, IEnumerable<IFeedConsumer> consumers, IScheduler scheduler, TimeProvider time, ILogger<ChangeFeed> logger)
    {
        _ledger = ledger;
        _followers = [.. consumers.Select(consumer => new Follower(consumer))];
        _time = time;
        _logger = logger;
        _worker = scheduler.StartWorker("change-feed", this);
    }

    /// <summary>
    /// Returns when <paramref name="consumer"/> has been shown everything that is durable now; never while it keeps failing, so ask with a
    /// <paramref name="cancellation"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the feed has ended.</exception>
    public async ValueTask CatchUpAsync(IFeedConsumer consumer, CancellationToken cancellation)
    {
        var waiter = new Waiter(Array.Find(_followers, follower => follower.Consumer == consumer)!, _ledger.FeedEnd);
        if (waiter.IsDone)
        {
            return;
        }
        _arriving.Enqueue(waiter);
        _worker.Wake();
        await waiter.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public WorkerPause Step()
    {
        while (_arriving.TryDequeue(out Waiter? arrived))
        {
            _waiting.Add(arrived);
        }
        bool hasShown = ShowNext();
        _waiting.RemoveAll(static waiter => waiter.TryRelease());
        if (hasShown)
        {
            // What came while this was shown makes a portion by the time the pause is over: a read for each commit would cost more than it tells.
            _pause = ShortestPause;
            return IsBehind() ? WorkerPause.None : WorkerPause.Idle(_pause);
        }
        TimeSpan pause = _pause;
        _pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, 2 * _pause.Ticks));
        return WorkerPause.Idle(pause);
    }

    public void Dispose()
    {
        _worker.Dispose();
        while (_arriving.TryDequeue(out Waiter? arrived))
        {
            _waiting.Add(arrived);
        }
        _waiting.ForEach(waiter => waiter.TrySetCanceled());
    }

    private bool IsBehind() => _waiting.Count > 0 || Array.Exists(_followers, follower => follower.IsHealthy(_time) && _ledger.FeedEnd - follower.Position.Address > MostGathered);

    /// <summary>Shows a portion to everybody, from each place where some of them stand. False when there was nothing for anybody.</summary>
    private bool ShowNext()
    {
        Follower[] healthy = Array.FindAll(_followers, follower => follower.IsHealthy(_time));
        Array.ForEach(healthy, BeginAgainIfWanted);
        FeedPosition[] places = [.. healthy.Select(follower => follower.Position).Distinct().OrderBy(place => place.Address)];
        bool hasShown = false;
        foreach (FeedPosition place in places)
        {
            // Who was behind and has come here just now goes on together with who was here.
            Follower[] group = Array.FindAll(healthy, follower => follower.Position == place && follower.FailedAt is null);
            hasShown |= group.Length > 0 && ShowFrom(place, places, group);
        }
        return hasShown;
    }

    private bool ShowFrom(FeedPosition from, FeedPosition[] places, Follower[] group)
    {
        // Up to where the next ones stand, so that they meet.
        long before = places.Select(place => place.Address).Where(address => address > from.Address).DefaultIfEmpty(long.MaxValue).Min();
        try
        {
            FeedPosition next = _ledger.ReadFeed(from, before, new Audience(this, group));
            Array.ForEach(group, follower => Advance(follower, next));
            return next != from;
        }
        catch (LedgerUnavailableException)
        {
            return false;
        }
        catch (Exception failure) when (failure is JournalDamagedException or IOException)
        {
            Array.ForEach(group, follower => MisRead(follower, failure));
            return false;
        }
    }

    private void BeginAgainIfWanted(Follower follower)
    {
        if (follower.Consumer.WantsToBeginAgain)
        {
            BeginAgain(follower);
        }
    }

    private void BeginAgain(Follower follower)
    {
        Try(follower, 0, static (consumer, _) => consumer.BeginAgain());
        follower.Position = follower.FailedAt is null ? default : follower.Position;
    }

    private void Advance(Follower follower, FeedPosition next)
    {
        if (next != follower.Position)
        {
            Try(follower, next, static (consumer, upTo) => consumer.Shown(upTo));
        }
        if (follower.FailedAt is null)
        {
            follower.Position = next;
            follower.IsProven = true;
        }
    }

    // Where it has read before there is damage: payments go on, as with what the scrub finds, and what is derived stays behind until somebody has
    // looked. A place that a consumer brought along may simply be none of this journal.
    private void MisRead(Follower follower, Exception failure)
    {
        if (follower.IsProven || follower.Position == default)
        {
            LogUnreadable(failure, follower.Consumer.Name, follower.Position.Address);
            follower.FailedAt = _time.GetTimestamp();
            return;
        }
        LogForeign(follower.Consumer.Name, follower.Position.Address, failure.Message);
        BeginAgain(follower);
    }

    // One that failed in this portion sees nothing more of it.
    private void Try<T>(Follower follower, T shown, Action<IFeedConsumer, T> show)
    {
        if (follower.FailedAt is not null)
        {
            return;
        }
        try
        {
            show(follower.Consumer, shown);
        }
        catch (ShowAgainException lost)
        {
            // As after any failure it sees nothing more of this portion; then comes the first one.
            follower.FailedAt = _time.GetTimestamp();
            follower.Position = default;
            LogShownAgain(follower.Consumer.Name, lost.Message);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            follower.FailedAt = _time.GetTimestamp();
            LogFailed(failure, follower.Consumer.Name);
        }
    }

    /// <summary>A consumer, and where it has come to in this process.</summary>
    private sealed class Follower(IFeedConsumer consumer)
    {
        internal readonly IFeedConsumer Consumer = consumer;

        // Written by the feed's thread, read by whoever asks whether it has caught up: an address is one word.
        private long _address = consumer.Position.Address;
        private FeedPosition _position = consumer.Position;

        /// <summary>Something was read from its position on: it is one of this journal.</summary>
        internal bool IsProven;

        /// <summary>When it failed to take in what it was shown; null when it did.</summary>
        internal long? FailedAt;

        internal long Address => Volatile.Read(ref _address);

        internal FeedPosition Position
        {
            get => _position;
            set
            {
                _position = value;
                Volatile.Write(ref _address, value.Address);
            }
        }

        internal bool IsHealthy(TimeProvider time)
        {
            if (FailedAt is { } at && time.GetElapsedTime(at) >= FailurePause)
            {
                FailedAt = null;
            }
            return FailedAt is null;
        }
    }

    /// <summary>Those who are shown a portion together.</summary>
    private sealed class Audience(ChangeFeed feed, Follower[] followers) : IFeedVisitor
    {
        public void Accepted(Trade trade, long sequence) =>
            Show((trade, sequence), static (consumer, shown) => consumer.Accepted(shown.trade, shown.sequence));

        public void Ended(Trade trade, long sequence) =>
            Show((trade, sequence), static (consumer, shown) => consumer.Ended(shown.trade, shown.sequence));

        public void Ended(Refund refund, long sequence) =>
            Show((refund, sequence), static (consumer, shown) => consumer.Ended(shown.refund, shown.sequence));

        private void Show<T>(T shown, Action<IFeedConsumer, T> show)
        {
            foreach (Follower follower in followers)
            {
                feed.Try(follower, shown, show);
            }
        }
    }

    /// <summary>Somebody who wants a consumer to have come to an address.</summary>
    private sealed class Waiter(Follower follower, long address) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        internal bool IsDone => follower.Address >= address;

        internal bool TryRelease() => IsDone && (TrySetResult() || Task.IsCompleted);
    }

    [LoggerMessage(EventId = 400, Level = LogLevel.Error, Message = "{Consumer} stays behind: the journal cannot be read at address {Address}")]
    private partial void LogUnreadable(Exception failure, string consumer, long address);

    [LoggerMessage(EventId = 401, Level = LogLevel.Error, Message = "{Consumer} could not take in a change; it is shown again in a second")]
    private partial void LogFailed(Exception failure, string consumer);

    [LoggerMessage(EventId = 403, Level = LogLevel.Warning, Message = "{Consumer} is shown everything again: {Reason}")]
    private partial void LogShownAgain(string consumer, string reason);

    [LoggerMessage(EventId = 402, Level = LogLevel.Warning, Message = "{Consumer} begins again: it had come to address {Address}, which is none of this journal ({Reason})")]
    private partial void LogForeign(string consumer, long address, string reason);
}
