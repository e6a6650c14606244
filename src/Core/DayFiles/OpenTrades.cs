using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>Every institution's PENDING trades. The feed's thread changes them, any thread asks.</summary>
internal sealed class OpenTrades
{
    private readonly Dictionary<InstId, HashSet<TradeNo>> _open = [];

    internal void Add(InstId instId, TradeNo number)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(instId, out HashSet<TradeNo>? own))
            {
                _open.Add(instId, own = []);
            }
            own.Add(number);
        }
    }

    internal void Remove(InstId instId, TradeNo number)
    {
        lock (_open)
        {
            if (_open.TryGetValue(instId, out HashSet<TradeNo>? own))
            {
                own.Remove(number);
            }
        }
    }

    internal void Clear()
    {
        lock (_open)
        {
            _open.Clear();
        }
    }

    /// <summary>This institution's in the range, in order.</summary>
    internal List<TradeNo> Of(InstId instId, in NumberRange range)
    {
        var found = new List<TradeNo>();
        lock (_open)
        {
            if (_open.TryGetValue(instId, out HashSet<TradeNo>? own))
            {
                foreach (TradeNo number in own)
                {
                    if (range.Holds(number))
                    {
                        found.Add(number);
                    }
                }
            }
        }
        found.Sort();
        return found;
    }

    /// <summary>All of them.</summary>
    internal List<(InstId InstId, TradeNo Number)> All()
    {
        lock (_open)
        {
            return [.. _open.SelectMany(own => own.Value.Select(number => (own.Key, number)))];
        }
    }
}
