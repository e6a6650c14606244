namespace HotPath.Core.Admission;

/// <summary>
/// Whether the machine is overloaded, what it can do, and how much it is let do; stepped once a window. Pure arithmetic: the tests run it
/// against a modelled server.
/// </summary>
/// <remarks>
/// Overload begins when the queue has stood for half a second on end, so that neither a burst nor a stall begins it. What the
/// machine can do is the median of those windows, and from then on what is finished while a queue stands, where that is not just what was let in, or
/// without one, where that is more. It is let do that much, less in proportion to how far the queue is above its target and a little more
/// while it is below, which is how a capacity that has grown is found. It ends when two seconds have passed
/// in which no queue stood and nobody had to be refused.
/// </remarks>
internal sealed class OverloadControl
{
    internal const int WindowsToBegin = 5;
    internal const int WindowsToEnd = 20;

    // Capacity follows what is measured within a second (ten windows).
    private const double CapacityWeight = 0.1;

    // A queue of twice the target lets 10 % less in. A payment waits about nine times, so the target of 5 ms is 45 ms of work and the queue comes to it
    // with a time constant of half a second: slower than it is seen to change, or it would swing.
    private const double Gain = 0.1;

    // Fewer than this share of those let in: the machine could not do them. Above it is chance (2 % on average over a second, at 1,200 calls/s).
    private const double JustAsMuch = 0.95;

    // A window may hold the calls of others, which a stall had kept back.
    private const double MostGrowth = 1.5;

    private const double LeastShare = 0.5;
    private const double LeastCapacity = 1;

    private readonly double[] _finishedWhileStanding = new double[WindowsToBegin];
    private int _standing;
    private int _calm;
    private double _finishedOnAverage;
    private double _admittedOnAverage;

    internal bool IsOverloaded { get; private set; }

    /// <summary>Calls a second the machine can do; 0 while nobody knows, which is whenever it is not overloaded.</summary>
    internal double CapacityPerSecond { get; private set; }

    /// <summary>Calls a second it is let do now; without a limit when it is not overloaded.</summary>
    internal double AdmittedPerSecond { get; private set; } = double.PositiveInfinity;

    /// <summary>Closes a window of about 100 ms.</summary>
    /// <param name="pressure">The queue in units of its target: above 1 it stands.</param>
    /// <param name="finishedPerSecond">Admitted calls that ended, a second.</param>
    /// <param name="hasRefused">Somebody was refused for overload in it.</param>
    internal void Close(double pressure, double finishedPerSecond, bool hasRefused)
    {
        bool stands = pressure > 1;
        if (!IsOverloaded && !HasBegun(stands, finishedPerSecond))
        {
            return;
        }
        Learn(stands, finishedPerSecond);
        _calm = stands || hasRefused ? 0 : _calm + 1;
        if (_calm >= WindowsToEnd)
        {
            End();
            return;
        }
        AdmittedPerSecond = CapacityPerSecond * Math.Max(LeastShare, 1 + (Gain * (1 - pressure)));
    }

    /// <summary>Nobody has called for seconds: there is nothing left to be overloaded with.</summary>
    internal void End()
    {
        IsOverloaded = false;
        CapacityPerSecond = 0;
        AdmittedPerSecond = double.PositiveInfinity;
        _standing = 0;
        _calm = 0;
    }

    private void Learn(bool stands, double finishedPerSecond)
    {
        _finishedOnAverage += (finishedPerSecond - _finishedOnAverage) * CapacityWeight;
        _admittedOnAverage += (AdmittedPerSecond - _admittedOnAverage) * CapacityWeight;
        if (stands)
        {
            // As much as was let in says what was let in, not what could be done: it would make the next window's admission smaller still when the
            // queue is of people who are never admitted. On average, for of single windows half are below by chance.
            if (finishedPerSecond > CapacityPerSecond || _finishedOnAverage < JustAsMuch * _admittedOnAverage)
            {
                CapacityPerSecond += (finishedPerSecond - CapacityPerSecond) * CapacityWeight;
            }
        }
        else if (finishedPerSecond > CapacityPerSecond)
        {
            // What was done without a queue could be done, at once: what was learned while something else had the cores is over with it.
            CapacityPerSecond = Math.Min(finishedPerSecond, MostGrowth * CapacityPerSecond);
        }
        CapacityPerSecond = Math.Max(LeastCapacity, CapacityPerSecond);
    }

    private bool HasBegun(bool stands, double finishedPerSecond)
    {
        if (!stands)
        {
            _standing = 0;
            return false;
        }
        _finishedWhileStanding[_standing++] = finishedPerSecond;
        if (_standing < WindowsToBegin)
        {
            return false;
        }
        IsOverloaded = true;
        // The median: one of the windows may be the stall that made the queue, another the one that caught up with it.
        Array.Sort(_finishedWhileStanding);
        CapacityPerSecond = Math.Max(LeastCapacity, _finishedWhileStanding[WindowsToBegin / 2]);
        AdmittedPerSecond = _finishedOnAverage = _admittedOnAverage = CapacityPerSecond;
        return true;
    }
}
