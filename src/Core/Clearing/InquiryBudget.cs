namespace HotPath.Core.Clearing;

/// <summary>
/// How many inquiries and reversals a channel is sent. A resolver that floods a recovering channel is the next outage: after hours of silence a million
/// trades want to know. In no second are there more than <see cref="PerSecond"/>; how many less is felt out, as TCP does it: up a little while answers are
/// good and quick, down by a share when they are not, or when payments are slower for it.
/// </summary>
/// <remarks>
/// A token bucket that holds a sixteenth of a second's tokens and is filled so that bucket and filling together never give more than the limit within one
/// second, wherever that second begins. Thread-safe.
/// </remarks>
public sealed class InquiryBudget
{
    /// <summary>So many of those under way are left to cancels.</summary>
    // Somebody waits at a till for each, and it is a channel with hundreds in doubt where payments are cancelled.
    public const int KeptForCancels = 16;

    // A channel that takes a quarter of a second for its answers can still be sent as many as is allowed.
    private static readonly TimeSpan SlowestAtFullPace = TimeSpan.FromMilliseconds(250);

    private const int LeastUnderWay = 48;

    /// <summary>How often the pace is looked at.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromMilliseconds(500);

    // Without one answer for so long, the channel is silent: what is under way is not yet a failure (the adapter waits 15 s), and more of it would not help.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    // It begins at a tenth, and is never less than a twentieth: at the smallest, a million are through in a night and a day.
    private const int FirstShare = 10;
    private const int LeastShare = 20;
    private const int BurstShare = 16;

    // More than one answer in ten that says nothing.
    private const int ErrorShare = 10;

    private const double DownForErrors = 0.5;
    private const double DownForSlowness = 0.8;
    private const double UpBelowHalf = 1.25;
    private const double UpByShare = 0.05;

    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly LatencyTrend _inquiries = new();
    private readonly LatencyTrend _payments = new();

    // Payments that ended in this window: added to without the lock, for there are thousands a second.
    private long _payTicks;
    private long _pays;

    private double _pace;
    private double _tokens;
    private long _filledAt;
    private long _windowAt;
    private long _answeredAt;
    private long _answerTicks;
    private int _underWay;
    private int _begun;
    private int _ended;
    private int _errors;
    private bool _wasShort;

    /// <param name="perSecond">At most so many a second. 1 to 10,000.</param>
    /// <param name="clock">Its timestamps.</param>
    public InquiryBudget(int perSecond, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perSecond, 1);
        _clock = clock;
        PerSecond = perSecond;
        _filledAt = _windowAt = _answeredAt = clock.GetTimestamp();
        _pace = First;
        _tokens = Burst;
    }

    /// <summary>Never more in a second.</summary>
    public int PerSecond { get; }

    /// <summary>Under way at once, those for cancels included: what is sent at most to a channel that has fallen silent.</summary>
    public int MostUnderWay => MostUnderWayOf(PerSecond);

    /// <summary>What <see cref="MostUnderWay"/> is of a channel with so many a second: 141 of the default 500, 64 at least, 2,516 at most. An adapter has room for them beside payments.</summary>
    public static int MostUnderWayOf(int perSecond) => Math.Max(LeastUnderWay, (int)(perSecond * SlowestAtFullPace.TotalSeconds)) + KeptForCancels;

    /// <summary>So many a second now.</summary>
    public double Pace
    {
        get
        {
            lock (_lock)
            {
                return _pace;
            }
        }
    }

    /// <summary>Room for another one beside those under way, tokens apart.</summary>
    internal bool HasRoom(bool isForCancel)
    {
        lock (_lock)
        {
            return _underWay < Most(isForCancel);
        }
    }

    /// <summary>Takes leave to send one. Afterwards either <see cref="Ended"/> or <see cref="Unspent"/>, once.</summary>
    internal bool TryTake(bool isForCancel)
    {
        lock (_lock)
        {
            Fill();
            if (_underWay >= Most(isForCancel))
            {
                return false;
            }
            if (_tokens < 1)
            {
                _wasShort = true;
                return false;
            }
            _answeredAt = _underWay == 0 ? _clock.GetTimestamp() : _answeredAt;
            _tokens--;
            _underWay++;
            _begun++;
            return true;
        }
    }

    /// <summary>Nothing was sent.</summary>
    internal void Unspent()
    {
        lock (_lock)
        {
            _tokens++;
            _underWay--;
            _begun--;
        }
    }

    /// <summary>What was sent was answered, or was not within the adapter's deadline.</summary>
    internal void Ended(ClearingOutcome outcome, TimeSpan took)
    {
        lock (_lock)
        {
            _underWay--;
            _ended++;
            _errors += outcome is ClearingOutcome.Unknown or ClearingOutcome.NotDelivered ? 1 : 0;
            _answerTicks += took.Ticks;
            _answeredAt = _clock.GetTimestamp();
        }
    }

    /// <summary>A payment or a refund has ended at the channel.</summary>
    internal void PaymentEnded(TimeSpan took)
    {
        Interlocked.Add(ref _payTicks, took.Ticks);
        Interlocked.Increment(ref _pays);
    }

    /// <summary>The channel was left alone, and is called again: it is felt out anew.</summary>
    internal void BeginAgain()
    {
        lock (_lock)
        {
            Fill();
            _pace = Math.Min(_pace, First);
            _tokens = Math.Min(_tokens, Burst);
        }
    }

    /// <summary>Adapts the pace. Called while there is something to ask, some times a second; does something once a <see cref="Window"/>.</summary>
    /// <param name="isBusy">This machine, or the channel's room for payments, has no more to spare: payments come first.</param>
    internal void Look(bool isBusy)
    {
        lock (_lock)
        {
            long now = _clock.GetTimestamp();
            TimeSpan window = _clock.GetElapsedTime(_windowAt, now);
            if (window < Window)
            {
                return;
            }
            Fill();
            bool isSlower = _inquiries.IsSlower(_answerTicks, _ended) | _payments.IsSlower(Interlocked.Exchange(ref _payTicks, 0), Interlocked.Exchange(ref _pays, 0));
            bool isSilent = _underWay > 0 && _clock.GetElapsedTime(_answeredAt, now) > Silence;
            // From what was really begun: what was allowed and not used made nobody slow.
            double begun = Math.Min(_pace, _begun / window.TotalSeconds);
            if (isSilent || _errors * ErrorShare > _ended)
            {
                _pace = begun * DownForErrors;
            }
            else if (isSlower || isBusy)
            {
                _pace = begun * DownForSlowness;
            }
            else if (_wasShort && _ended > 0)
            {
                _pace = _pace < PerSecond / 2.0 ? _pace * UpBelowHalf : _pace + (PerSecond * UpByShare);
            }
            _pace = Math.Clamp(_pace, Math.Max(1, (double)PerSecond / LeastShare), PerSecond);
            _tokens = Math.Min(_tokens, Burst);
            (_windowAt, _answerTicks, _begun, _ended, _errors, _wasShort) = (now, 0, 0, 0, 0, false);
        }
    }

    private double First => Math.Max(1, (double)PerSecond / FirstShare);

    private double Burst => Math.Max(1, _pace / BurstShare);

    private int Most(bool isForCancel) => isForCancel ? MostUnderWay : MostUnderWay - KeptForCancels;

    // A bucket of b filled with r − b + 1 a second gives less than r + 1 within one second: at most r.
    private void Fill()
    {
        long now = _clock.GetTimestamp();
        double refill = _pace - Burst + 1;
        _tokens = Math.Min(Burst, _tokens + (_clock.GetElapsedTime(_filledAt, now).TotalSeconds * refill));
        _filledAt = now;
    }
}
