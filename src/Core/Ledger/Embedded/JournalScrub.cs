using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Reads every sealed segment again and again, from the medium and slowly, so that a bent bit is known while there is still a whole copy
/// somewhere (F18). A start reads only as far back as it has time for.
/// </summary>
/// <remarks>
/// Damage is told and counted, and payments go on: no answer comes from what it touches. Each read of a trade checks its own record and stops the
/// engine rather than answer from a bad one, new claims are decided by the index, which has sums of its own, and the next start refuses.
/// Stopping here would repair nothing and turn one old record into everybody's outage (docs/decisions/0011).
/// </remarks>
internal sealed class JournalScrub : IWorkerBody
{
    /// <summary>Rounds begin no closer together: a small journal need not be read all day.</summary>
    internal static readonly TimeSpan RoundInterval = TimeSpan.FromHours(1);

    private readonly JournalSegments _segments;
    private readonly SealedSegmentCheck _check;
    private readonly long _bytesPerSecond;
    private readonly TimeProvider _time;
    private readonly GatewayMetrics _metrics;
    private readonly Action<LedgerEvent> _tell;

    // Damaged segments by number, and the round in which each was last told.
    private readonly Dictionary<long, int> _damaged = [];
    private long _next;
    private int _round;
    private long _roundBegan;
    private long _pausedAt;
    private TimeSpan _pause;

    internal JournalScrub(
        JournalSegments segments, ulong ledgerId, long bytesPerSecond, TimeProvider time, GatewayMetrics metrics, Action<LedgerEvent> tell)
    {
        _segments = segments;
        _check = new SealedSegmentCheck(segments, ledgerId, isFromMedium: true);
        _bytesPerSecond = bytesPerSecond;
        _time = time;
        _metrics = metrics;
        _tell = tell;
        _roundBegan = time.GetTimestamp();
        _pausedAt = _roundBegan;
    }

    /// <summary>Starts scrubbing a recovered ledger; null when it is configured never to.</summary>
    internal static IWorker? Start(
        EmbeddedLedgerOptions options, RecoveredLedger ledger, IScheduler scheduler, TimeProvider time, GatewayMetrics metrics, Action<LedgerEvent> tell) =>
        options.ScrubBytesPerSecond == 0
            ? null
            : scheduler.StartWorker(
                "journal-scrub",
                new JournalScrub(ledger.Journal.Segments, ledger.LedgerId, options.ScrubBytesPerSecond, time, metrics, tell));

    /// <summary>Reads at most one part, then pauses as long as the rate wants.</summary>
    public WorkerPause Step()
    {
        TimeSpan left = _pause - _time.GetElapsedTime(_pausedAt);
        if (left > TimeSpan.Zero)
        {
            return WorkerPause.Idle(left);
        }
        _pause = Look();
        _pausedAt = _time.GetTimestamp();
        return WorkerPause.Idle(_pause);
    }

    private TimeSpan Look()
    {
        if (_check.IsDone && _next >= _segments.Newest)
        {
            TimeSpan rest = RoundInterval - _time.GetElapsedTime(_roundBegan);
            if (_next > 0 && rest > TimeSpan.Zero)
            {
                return rest;
            }
            _next = 0;
            _round++;
            _roundBegan = _time.GetTimestamp();
            if (_segments.Newest == 0)
            {
                return RoundInterval;
            }
        }
        try
        {
            if (_check.IsDone)
            {
                _check.Begin(_next++);
            }
            int read = _check.Step();
            _metrics.JournalScrubbed(read);
            if (_check.IsDone)
            {
                Mended(_next - 1);
            }
            return TimeSpan.FromSeconds(read / (double)_bytesPerSecond);
        }
        catch (Exception failure) when (failure is JournalDamagedException or IOException)
        {
            // What cannot be read is damaged too: of one sector a disk says so, of another it does not.
            _check.GiveUp();
            var damage = failure as JournalDamagedException;
            // The header of the next segment is looked at from here as well.
            long number = damage is null ? _next - 1 : JournalFormat.SegmentNumber(damage.File);
            Damaged(number, damage is null ? $"{JournalFormat.SegmentName(number)} cannot be read: {failure.Message}" : damage.Message);
            return TimeSpan.FromSeconds(JournalFormat.MaxBatchBytes / (double)_bytesPerSecond);
        }
    }

    private void Damaged(long number, string message)
    {
        bool isTold = _damaged.TryGetValue(number, out int round) && round == _round;
        _damaged[number] = _round;
        _metrics.JournalDamaged(_damaged.Count);
        if (!isTold)
        {
            _tell(new LedgerEvent(LedgerEventKind.JournalDamaged, message));
        }
    }

    /// <summary>A segment was whole this time. Of the newest one only the header is read, together with the one before it.</summary>
    private void Mended(long number)
    {
        bool isMended = _damaged.Remove(number);
        isMended |= number + 1 == _segments.Newest && _damaged.Remove(number + 1);
        if (isMended)
        {
            _metrics.JournalDamaged(_damaged.Count);
        }
    }
}
