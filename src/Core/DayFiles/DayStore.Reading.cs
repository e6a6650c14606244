using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.DayFiles;

/// <summary>What others read of the day files, and how they come back after a start.</summary>
public sealed partial class DayStore
{
    /// <summary>
    /// The rows of the trades of an institution that became SUCCESS on a Beijing day (counted from 1970-01-01). Any thread. Let the feed catch up before,
    /// and everything that was final then is there.
    /// </summary>
    /// <exception cref="DayFilesDamagedException">What is there of the day cannot be known.</exception>
    public FinalRows TradesOf(InstId instId, long day) => RowsOf(instId, day, DayFileKind.Trades);

    /// <summary>Likewise of its refunds.</summary>
    /// <inheritdoc cref="TradesOf"/>
    public FinalRows RefundsOf(InstId instId, long day) => RowsOf(instId, day, DayFileKind.Refunds);

    /// <summary>What can be seen of a window now: any page of it, asked for with this, is a page of the same rows.</summary>
    /// <exception cref="DayFilesDamagedException">What is there of the window cannot be known.</exception>
    internal WindowSnapshot Snapshot(in TradeWindow window) => new(
        window.Kind, window.FirstDay, CountOf(window, window.FirstDay), window.LastDay == window.FirstDay ? 0 : CountOf(window, window.LastDay));

    /// <summary>The numbers of a page, in order.</summary>
    /// <param name="window">Of which trades.</param>
    /// <param name="snapshot">One of this window, and not of a time to come.</param>
    /// <param name="skip">Rows of the pages before.</param>
    /// <param name="into">Takes the page.</param>
    /// <exception cref="DayFilesDamagedException">A file is not as it was written.</exception>
    internal WindowPage Select(in TradeWindow window, in WindowSnapshot snapshot, long skip, Span<TradeNo> into)
    {
        int making = Volatile.Read(ref _making);
        (NumberFile? first, NumberFile? last) = (FileOf(window, window.FirstDay), window.LastDay == window.FirstDay ? null : FileOf(window, window.LastDay));
        if (window.Kind == DayFileKind.None)
        {
            List<TradeNo> open = _openTrades.Of(window.InstId, window.Range);
            int taken = (int)Math.Clamp(open.Count - skip, 0, into.Length);
            open.Slice(Math.Min(open.Count, (int)Math.Min(skip, int.MaxValue)), taken).CopyTo(into);
            return new WindowPage(open.Count, taken);
        }
        try
        {
            long ofFirst = first?.CountIn(window.Range, snapshot.OfFirst) ?? 0;
            long ofLast = last?.CountIn(window.Range, snapshot.OfLast) ?? 0;
            // A day's numbers are all below the next day's.
            int given = skip < ofFirst ? first!.Select(window.Range, snapshot.OfFirst, skip, into) : 0;
            given += given < into.Length && ofLast > 0 ? last!.Select(window.Range, snapshot.OfLast, Math.Max(0, skip - ofFirst), into[given..]) : 0;
            return new WindowPage(ofFirst + ofLast, given);
        }
        catch (DayFilesDamagedException damage)
        {
            Damaged(damage, window.FirstDay, making);
            throw;
        }
    }

    // It is told, no manifest counts any more, and the feed begins again. What is dropped because it is old may be gone under who reads it, and so may what
    // is being made again.
    private void Damaged(DayFilesDamagedException damage, long day, int making)
    {
        if (damage.IsPassing)
        {
            LogUnreadable(damage);
            return;
        }
        lock (_days)
        {
            if (_isDamaged || making != _making || !IsKept(day))
            {
                return;
            }
            _isDamaged = true;
        }
        LogDamaged(damage);
        _metrics.DayFiles.Damaged();
        try
        {
            RemoveManifest();
        }
        catch (IOException failure)
        {
            // Then it is found damaged once more after the start.
            LogNotRemoved(failure);
        }
    }

    private FinalRows RowsOf(InstId instId, long day, DayFileKind kind)
    {
        int making = Volatile.Read(ref _making);
        return new FinalRows(FindToRead(day)?.Rows(instId, kind), damage => Damaged(damage, day, making));
    }

    private long CountOf(in TradeWindow window, long day) => FileOf(window, day)?.Count ?? 0;

    private NumberFile? FileOf(in TradeWindow window, long day) => FindToRead(day)?.Numbers(window.InstId, window.Kind);

    private Day? FindToRead(long number)
    {
        lock (_days)
        {
            return Volatile.Read(ref _nextSequence) >= _knownBefore ? Find(number)
                : throw new DayFilesDamagedException("the day files are being made again") { IsPassing = true };
        }
    }

    private Day? Find(long number)
    {
        lock (_days)
        {
            if (!_days.TryGetValue(number, out Day? day) && _catalogs.TryGetValue(number, out long catalog))
            {
                try
                {
                    day = new Day(number, _root, _storage, _open, catalog);
                }
                catch (DayFilesDamagedException damage)
                {
                    Damaged(damage, number, _making);
                    throw;
                }
                TrimLoaded();
                _days.Add(number, day);
            }
            if (day is not null)
            {
                day.LastUse = ++_uses;
            }
            return day;
        }
    }

    private Day DayToAppend(long number)
    {
        lock (_days)
        {
            if (Find(number) is not { } day)
            {
                _days.Add(number, day = new Day(number, _root, _storage, _open, catalog: 0));
            }
            // Until it is saved nobody takes it out of memory.
            day.IsFed = true;
            return day;
        }
    }

    private NumberFile NumbersToAppend(long day, InstId instId, DayFileKind kind)
    {
        try
        {
            return DayToAppend(day).NumbersToAppend(instId, kind);
        }
        catch (DayFilesDamagedException damage)
        {
            Damaged(damage, day, _making);
            throw;
        }
    }

    private List<Day> Loaded()
    {
        lock (_days)
        {
            return [.. _days.Values];
        }
    }

    private void TrimLoaded()
    {
        while (_days.Count > MostLoadedDays && _days.Values.Where(day => !day.IsFed).MinBy(day => day.LastUse) is { } longestUnused)
        {
            _days.Remove(longestUnused.Number);
        }
    }

    private void Load()
    {
        string? reason = "there is no manifest";
        bool isNew = _storage.List(_root).Count == 0;
        if (_storage.List(_root).Contains(DayManifest.Name))
        {
            reason = TryLoad() ? null : "the manifest is not as it was written, or of an older form";
        }
        try
        {
            // Every catalog must be whole and every file there: what is missing is made again now, not when somebody asks for it.
            foreach (long day in _catalogs.Keys)
            {
                _ = new Day(day, _root, _storage, _open, _catalogs[day]);
            }
        }
        catch (DayFilesDamagedException damage)
        {
            reason = damage.Message;
        }
        if (reason is not null)
        {
            if (isNew)
            {
                LogBegun();
            }
            else
            {
                LogMadeAgain(reason);
            }
            Forget(knownBefore: 0);
            RemoveManifest();
        }
        // Dropped, and a crash came before they were deleted.
        long oldest = OldestDay;
        for (long day = Math.Max(0, oldest - KeptDays); day < oldest; day++)
        {
            Day.Delete(_root, day, _storage, _open);
        }
    }

    private bool TryLoad()
    {
        if (ReadManifest() is not { } manifest)
        {
            return false;
        }
        _number = manifest.Number;
        _catalogs = new Dictionary<long, long>(manifest.Days);
        _journalTime.Set(manifest.ComeToMs, manifest.WaitingMs);
        (Position, _shown, _nextSequence) = (manifest.Position, manifest.Position, manifest.Position.NextSequence);
        foreach ((InstId instId, TradeNo number) in manifest.Open)
        {
            _openTrades.Add(instId, number);
        }
        return true;
    }

    private DayManifest? ReadManifest()
    {
        try
        {
            using IJournalFile file = _storage.Open(Path.Combine(_root, DayManifest.Name), isWritable: false);
            byte[] bytes = new byte[file.Length];
            return file.ReadAt(bytes, 0) == bytes.Length ? DayManifest.Read(bytes) : null;
        }
        catch (IOException)
        {
            // What the disk does not give is as good as damaged.
            return null;
        }
    }

    private void Forget(long knownBefore)
    {
        lock (_days)
        {
            _making++;
            _days.Clear();
            _catalogs = [];
            _knownBefore = knownBefore;
            Volatile.Write(ref _nextSequence, 0);
        }
        _openTrades.Clear();
        _open.Dispose();
        _journalTime.Set();
        (Position, _shown) = (default, default);
    }

    [LoggerMessage(EventId = 424, Level = LogLevel.Error, Message = "the manifest of damaged day files could not be removed")]
    private partial void LogNotRemoved(Exception failure);

    [LoggerMessage(EventId = 425, Level = LogLevel.Warning, Message = "a day file cannot be read just now")]
    private partial void LogUnreadable(Exception failure);

    private void RemoveManifest()
    {
        if (_storage.List(_root).Contains(DayManifest.Name))
        {
            _storage.Delete(Path.Combine(_root, DayManifest.Name));
            _storage.SyncDirectory(_root);
        }
    }
}
