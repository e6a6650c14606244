using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.DayFiles;

/// <summary>
/// Keeps the files open that were used last, up to a number: institutions times days times kinds are more than a process may have open. Any thread.
/// </summary>
/// <param name="storage">The disk.</param>
/// <param name="most">Open files; more only while all of them are in use at once.</param>
internal sealed class OpenFiles(IJournalStorage storage, int most) : IDisposable
{
    private readonly Dictionary<string, Entry> _open = new(StringComparer.Ordinal);
    private long _uses;

    internal int Count
    {
        get
        {
            lock (_open)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Opens it if it is not open; give the lease back at once after use.</summary>
    /// <exception cref="IOException">It is not there, or the disk fails.</exception>
    internal Lease Take(string path, bool isNew)
    {
        lock (_open)
        {
            if (isNew)
            {
                Close(path);
            }
            if (!_open.TryGetValue(path, out Entry? entry))
            {
                _open.Add(path, entry = new Entry(path, isNew ? storage.Create(path) : storage.Open(path, isWritable: true)));
            }
            entry.Users++;
            entry.LastUse = ++_uses;
            while (_open.Count > most && LongestUnused() is { } unused)
            {
                Close(unused.Path);
            }
            return new Lease(this, entry);
        }
    }

    /// <summary>Closes it, for it is to be deleted; whoever reads it still has it until then.</summary>
    internal void Forget(string path)
    {
        lock (_open)
        {
            Close(path);
        }
    }

    public void Dispose()
    {
        lock (_open)
        {
            foreach (string path in _open.Keys.ToArray())
            {
                Close(path);
            }
        }
    }

    private Entry? LongestUnused()
    {
        Entry? longest = null;
        foreach (Entry entry in _open.Values)
        {
            if (entry.Users == 0 && (longest is null || entry.LastUse < longest.LastUse))
            {
                longest = entry;
            }
        }
        return longest;
    }

    private void Close(string path)
    {
        if (_open.Remove(path, out Entry? entry))
        {
            entry.IsForgotten = true;
            if (entry.Users == 0)
            {
                entry.File.Dispose();
            }
        }
    }

    private void GiveBack(Entry entry)
    {
        lock (_open)
        {
            if (--entry.Users == 0 && entry.IsForgotten)
            {
                entry.File.Dispose();
            }
        }
    }

    private sealed class Entry(string path, IJournalFile file)
    {
        internal readonly string Path = path;
        internal readonly IJournalFile File = file;
        internal int Users;
        internal long LastUse;
        internal bool IsForgotten;
    }

    /// <summary>An open file, in use until disposed.</summary>
    internal readonly struct Lease : IDisposable
    {
        private readonly OpenFiles _owner;
        private readonly Entry _entry;

        internal Lease(OpenFiles owner, object entry)
        {
            _owner = owner;
            _entry = (Entry)entry;
        }

        internal IJournalFile File => _entry.File;

        public void Dispose() => _owner.GiveBack(_entry);
    }
}
