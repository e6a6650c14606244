using System.Diagnostics.CodeAnalysis;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>
/// Which files are built without being asked for: those of the day that ended last, and then those of any day before it that misses its own, for the gateway
/// was down. The newest first: it is the one that is fetched next. An institution's days begin with its first result; a file of before, which shows nothing,
/// is made when it asks for it. One thread's own.
/// </summary>
internal sealed class DailyFiles(ReconFolder folder, IFinalRows rows, IReadOnlyList<InstId> institutions)
{
    private readonly Queue<ReconFileName> _newest = new();
    private readonly Stack<ReconFileName> _older = new();
    private readonly HashSet<InstId> _begun = [];
    private BeijingDay _lookedUpTo;

    /// <summary>The day that ended last; <c>default</c> before one was begun with.</summary>
    internal BeijingDay Day { get; private set; }

    /// <summary>How many are known to be built still.</summary>
    internal int Count => _newest.Count + _older.Count;

    /// <summary>All files of <see cref="Day"/> have been taken.</summary>
    internal bool IsNewestTaken => Day != default && _newest.Count == 0;

    private bool IsLooking => _lookedUpTo + 1 < Day;

    /// <summary>Begins with a day that is over; what is left of older ones is looked for anew.</summary>
    internal void Begin(BeijingDay day)
    {
        Day = day;
        _newest.Clear();
        _older.Clear();
        _begun.Clear();
        foreach (ReconFileName name in NamesOf(day))
        {
            _newest.Enqueue(name);
        }
        // As old as a file may be that is asked for on the day after.
        _lookedUpTo = day - ReconFolder.KeptDays;
    }

    /// <summary>The next one; of older days none before <see cref="TryLook"/> is done with all of them.</summary>
    internal bool TryTake([NotNullWhen(true)] out ReconFileName? name)
    {
        name = _newest.TryDequeue(out ReconFileName next) || (!IsLooking && _older.TryPop(out next)) ? next : null;
        return name is not null;
    }

    /// <summary>Looks at one older day, from the oldest on; false when all of them have been looked at, and while there is something to take first.</summary>
    /// <exception cref="DayFiles.DayFilesDamagedException">What is there of it cannot be known.</exception>
    internal bool TryLook()
    {
        if (!IsNewestTaken || !IsLooking)
        {
            return false;
        }
        BeijingDay day = _lookedUpTo += 1;
        foreach (ReconFileName name in NamesOf(day))
        {
            if (!_begun.Contains(name.InstId) && ReconTypes.All.Any(type => rows.End(name.InstId, day, type) > 0))
            {
                _begun.Add(name.InstId);
            }
            if (_begun.Contains(name.InstId) && !folder.HasFacts(name))
            {
                _older.Push(name);
            }
        }
        return true;
    }

    /// <summary>Leaves older days for the next time.</summary>
    internal void LeaveOlder()
    {
        _older.Clear();
        _lookedUpTo = Day;
    }

    /// <summary>All files of a day.</summary>
    internal IEnumerable<ReconFileName> NamesOf(BeijingDay day) =>
        institutions.SelectMany(institution => ReconTypes.All.Select(type => new ReconFileName(institution, day, type)));
}
