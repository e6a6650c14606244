using HotPath.Core.Admission;

namespace HotPath.Core.Notify;

/// <summary>
/// How many notifications are begun a second: as many as the machine has threads to spare. A payment waits for a thread about nine times, so the
/// wait of work for a thread is what notifications must not lengthen; when it grows they step back, by a third each 100 ms, and come back slowly.
/// </summary>
internal sealed class DeliveryPace
{
    /// <summary>Fewer are never begun a second, however busy the machine is.</summary>
    // 3 % of one core in RSA signatures: the price of results being told at all under overload.
    internal const double Least = 100;

    // More than this machine class can sign; the limit is then elsewhere.
    private const double Most = 20_000;

    // On average over 100 ms. A payment would wait nine times as long: 4.5 ms of a p99 that is several times that.
    private static readonly TimeSpan MostWait = TimeSpan.FromMilliseconds(0.5);

    internal static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromTicks(100);

    private const double Down = 2.0 / 3;
    private const double Up = 1.05;

    // What may be begun at once: more would be a burst, and a burst is what payments wait behind.
    private const double MostTokens = 2;

    private readonly ThreadWait _wait;
    private readonly TimeProvider _clock;
    private long _probedAt;
    private long _windowAt;
    private long _filledAt;
    private double _tokens = 1;
    private int _begun;

    internal DeliveryPace(ThreadWait wait, TimeProvider clock)
    {
        _wait = wait;
        _clock = clock;
        _filledAt = _windowAt = clock.GetTimestamp();
    }

    /// <summary>What may be begun a second now.</summary>
    internal double PerSecond { get; private set; } = Least;

    /// <summary>Looks at how busy the machine is. Called while there is something to send, at least every 10 ms.</summary>
    internal void Look()
    {
        long now = _clock.GetTimestamp();
        if (_clock.GetElapsedTime(_windowAt, now) >= Window)
        {
            double done = _begun / _clock.GetElapsedTime(_windowAt, now).TotalSeconds;
            _begun = 0;
            _windowAt = now;
            // From what was really begun: what was allowed and not used made nobody busy.
            bool isBusy = _wait.TakeAverage() > MostWait;
            PerSecond = Math.Clamp(isBusy ? Math.Min(PerSecond, done) * Down : PerSecond * Up, Least, Most);
        }
        if (_clock.GetElapsedTime(_probedAt, now) >= ProbeInterval)
        {
            _probedAt = now;
            _wait.Post();
        }
    }

    /// <summary>Takes leave to begin one.</summary>
    internal bool TryTake()
    {
        long now = _clock.GetTimestamp();
        _tokens = Math.Min(MostTokens, _tokens + (_clock.GetElapsedTime(_filledAt, now).TotalSeconds * PerSecond));
        _filledAt = now;
        if (_tokens < 1)
        {
            return false;
        }
        _tokens--;
        _begun++;
        return true;
    }

    /// <summary>How long until the next one may be begun; never nothing, for that would be a loop without a pause.</summary>
    internal TimeSpan UntilNext => TimeSpan.FromSeconds(Math.Max(0, 1 - _tokens) / PerSecond) + ShortestPause;
}
