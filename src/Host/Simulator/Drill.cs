using System.Globalization;
using HotPath.Host.Configuration;

namespace HotPath.Host.Simulator;

/// <summary>
/// How the channel behaves worse than its amounts say, changed while it runs: <c>POST /drill?latency=11s&amp;errors=31</c>. Both are what the last such
/// call said, and nothing when it said nothing. Any thread.
/// </summary>
internal sealed class Drill
{
    /// <summary>Longest latency, in seconds: a caller's longest deadline.</summary>
    private const int MaxLatencySeconds = 60;

    private volatile State _state = new(null, 0);
    private int _requests;

    /// <summary>From a payment or refund to its answer; null: the channel's own latency.</summary>
    internal TimeSpan? Latency => _state.Latency;

    /// <summary>Sets it by a query string. False, and nothing changed: it cannot be read.</summary>
    internal bool TrySet(string? latency, string? errors)
    {
        TimeSpan? time = null;
        if (latency is not null)
        {
            if (!DurationText.TryParse(latency, out TimeSpan read) || read.TotalSeconds > MaxLatencySeconds)
            {
                return false;
            }
            time = read;
        }
        int percent = 0;
        if (errors is not null && (!int.TryParse(errors, NumberStyles.None, CultureInfo.InvariantCulture, out percent) || percent > 100))
        {
            return false;
        }
        _state = new State(time, percent);
        return true;
    }

    /// <summary>What becomes of the next payment or refund: so many of each hundred get HTTP 500, evenly spread, every second of them executed all the same.</summary>
    internal DrillError Next()
    {
        int percent = _state.Errors;
        if (percent == 0)
        {
            return DrillError.None;
        }
        int number = Interlocked.Increment(ref _requests) % 100;
        int before = number * percent / 100;
        return before == (number + 1) * percent / 100 ? DrillError.None : before % 2 == 0 ? DrillError.Lost : DrillError.Executed;
    }

    private sealed record State(TimeSpan? Latency, int Errors);
}

/// <summary>How a payment or refund goes wrong.</summary>
internal enum DrillError
{
    None = 0,

    /// <summary>HTTP 500, and lost at the door.</summary>
    Lost,

    /// <summary>HTTP 500, and executed.</summary>
    Executed,
}
