using System.Collections.Concurrent;

namespace HotPath.Core.Admission;

/// <summary>The institutions that called in the last seconds. Anybody enlists; the rest is for the one who closes the windows.</summary>
internal sealed class ActiveInstitutions
{
    /// <summary>Windows of about 100 ms without a call after which an institution no longer shares the machine.</summary>
    internal const int SilentWindows = 30;

    private readonly ConcurrentQueue<Allowance> _newcomers = new();
    private readonly List<Allowance> _active = [];

    internal int Count => _active.Count;

    internal bool HasNewcomers => !_newcomers.IsEmpty;

    internal void Enlist(Allowance institution) => _newcomers.Enqueue(institution);

    internal void CloseWindow(double seconds)
    {
        while (_newcomers.TryDequeue(out Allowance? newcomer))
        {
            _active.Add(newcomer);
        }
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            _active[i].CloseWindow(seconds);
            if (_active[i].SilentWindows >= SilentWindows)
            {
                _active[i].Unlist();
                _active.RemoveAt(i);
            }
        }
    }

    internal void ChargeLastSecond(Rate guarantee)
    {
        foreach (Allowance institution in _active)
        {
            institution.ChargeLastSecond(guarantee);
        }
    }

    /// <summary>
    /// The level at which what all ask for, cut off there, adds up to <paramref name="total"/> calls a second (max-min fairness, by water filling):
    /// from an equal share upwards, what those below leave over goes to those above, until nobody new is below.
    /// </summary>
    internal double Level(double total)
    {
        double level = total / _active.Count;
        int settled = 0;
        while (true)
        {
            double taken = 0;
            int below = 0;
            foreach (Allowance institution in _active)
            {
                if (institution.DemandPerSecond <= level)
                {
                    taken += institution.DemandPerSecond;
                    below++;
                }
            }
            if (below == _active.Count)
            {
                // All of it fits in; whoever asks for more next may have what is left.
                return level + total - taken;
            }
            // Fewer than before: the new level is a rounding below the last, and one that asked for exactly that has slipped above it.
            if (below <= settled)
            {
                return level;
            }
            settled = below;
            level = (total - taken) / (_active.Count - below);
        }
    }
}
