namespace HotPath.Core.Admission;

/// <summary>What one institution may have: its gates, and how much it asked for.</summary>
public sealed class Allowance
{
    /// <summary>Signed refusals that are told before a call is admitted, per second (protocol, section 1).</summary>
    public const int DefaultRefusals = 50;

    private const int WindowsRemembered = 10;
    private const double WindowSeconds = 0.1;

    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    private readonly double[] _ratePerWindow = new double[WindowsRemembered];
    private int _isListed;
    private long _asked;
    private long _askedBefore;
    private int _windows;

    /// <param name="ceilingPerSecond">Calls a second above which D004 is told; null: none.</param>
    public Allowance(TimeProvider clock, int? ceilingPerSecond = null)
    {
        Refusals = new RateGate(new Rate(DefaultRefusals, OneSecond, clock), clock);
        Ceiling = ceilingPerSecond is { } most ? new RateGate(new Rate(most, OneSecond, clock), clock) : null;
        // These two are always asked with the rate of the moment, which is everybody's.
        var changing = new Rate(AdmissionOptions.GuaranteePerSecond, OneSecond, clock);
        Guarantee = new RateGate(changing, clock);
        Excess = new RateGate(changing, clock);
    }

    /// <summary>Refusals that may be signed. Above it they are HTTP 429, unsigned.</summary>
    public RateGate Refusals { get; }

    internal RateGate? Ceiling { get; }

    internal RateGate Guarantee { get; }

    internal RateGate Excess { get; }

    // What follows belongs to whoever closes the windows, except the two fields that Ask moves.

    /// <summary>Calls a second it asked for in the last second.</summary>
    internal double DemandPerSecond { get; private set; }

    /// <summary>Windows on end in which it did not call.</summary>
    internal int SilentWindows { get; private set; }

    /// <summary>Counts one call. True when the institution was not among the active ones: the caller must list it.</summary>
    internal bool AskAndEnlist()
    {
        Interlocked.Increment(ref _asked);
        return Volatile.Read(ref _isListed) == 0 && Interlocked.Exchange(ref _isListed, 1) == 0;
    }

    internal void CloseWindow(double seconds)
    {
        long asked = Volatile.Read(ref _asked);
        SilentWindows = asked == _askedBefore ? SilentWindows + 1 : 0;
        _ratePerWindow[_windows++ % WindowsRemembered] = (asked - _askedBefore) / seconds;
        _askedBefore = asked;
        int known = Math.Min(_windows, WindowsRemembered);
        double sum = 0;
        for (int i = 0; i < known; i++)
        {
            sum += _ratePerWindow[i];
        }
        DemandPerSecond = sum / known;
    }

    /// <summary>
    /// Charges the guarantee's gate for the last second as if <paramref name="guarantee"/> had been in force in it: who was above it has nothing
    /// saved, who was below has the rest of its second.
    /// </summary>
    internal void ChargeLastSecond(Rate guarantee)
    {
        double used = 0;
        for (int i = _windows - Math.Min(_windows, WindowsRemembered); i < _windows; i++)
        {
            double calls = _ratePerWindow[i % WindowsRemembered] * WindowSeconds;
            // As if all of them had come at the window's beginning: when in doubt, for the institution.
            used = Math.Max(0, Math.Min(used + calls, guarantee.PerSecond) - (guarantee.PerSecond * WindowSeconds));
        }
        Guarantee.Charge(guarantee, used);
    }

    /// <summary>It has been silent: the next call lists it again.</summary>
    internal void Unlist()
    {
        _windows = 0;
        SilentWindows = 0;
        Volatile.Write(ref _isListed, 0);
    }
}
