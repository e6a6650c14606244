using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>One Beijing day's files. The feed's thread adds to them; any thread looks one up.</summary>
internal sealed class Day
{
    private readonly Dictionary<(InstId InstId, DayFileKind Kind), DayFile> _files = [];
    private readonly IJournalStorage _storage;
    private readonly OpenFiles _open;
    private readonly string _folder;
    private bool _hasFolder;

    /// <param name="number">Counted from 1970-01-01.</param>
    /// <param name="root">The folder of all days.</param>
    /// <param name="storage">The disk.</param>
    /// <param name="open">Opens the files.</param>
    /// <param name="catalog">The number of the catalog that counts; 0: the day is new.</param>
    /// <exception cref="DayFilesDamagedException">The catalog is not as it was written, or gone, or a file that it names is.</exception>
    internal Day(long number, string root, IJournalStorage storage, OpenFiles open, long catalog)
    {
        Number = number;
        Catalog = catalog;
        _storage = storage;
        _open = open;
        _folder = FolderOf(root, number);
        _hasFolder = catalog > 0;
        if (catalog > 0)
        {
            Load(catalog);
        }
    }

    internal long Number { get; }

    /// <summary>The number of the catalog that counts.</summary>
    internal long Catalog { get; private set; }

    /// <summary>When it was asked for last, by a count of all such askings.</summary>
    internal long LastUse { get; set; }

    /// <summary>The feed may be appending to it: it stays in memory. Guarded by whoever holds the days.</summary>
    internal bool IsFed { get; set; }

    /// <summary>There is something that the catalog does not know. The feed's thread.</summary>
    internal bool IsDirty => _files.Values.Any(file => file.Length != file.KeptLength);

    /// <summary>Bytes in memory only. The feed's thread.</summary>
    internal long Buffered => _files.Values.Sum(file => (long)file.Buffered);

    internal static string FolderOf(string root, long day)
    {
        Span<byte> text = stackalloc byte[BeijingTime.DayLength];
        BeijingTime.FormatDay(day, text);
        return Path.Combine(root, System.Text.Encoding.ASCII.GetString(text));
    }

    /// <summary>The numbers of one kind; null when there are none.</summary>
    internal NumberFile? Numbers(InstId instId, DayFileKind kind) => (NumberFile?)Find(instId, kind);

    /// <summary>The rows of one kind; null when there are none.</summary>
    internal RowFile? Rows(InstId instId, DayFileKind kind) => (RowFile?)Find(instId, kind);

    /// <summary>For appending: ready, and made if it is not there. The feed's thread.</summary>
    /// <exception cref="DayFilesDamagedException">What it ends with is not as it was written.</exception>
    internal NumberFile NumbersToAppend(InstId instId, DayFileKind kind)
    {
        NumberFile file = Numbers(instId, kind) ?? (NumberFile)Make(new DayFileKey(instId, Number, kind), 0);
        file.Prepare();
        return file;
    }

    /// <inheritdoc cref="NumbersToAppend"/>
    internal RowFile RowsToAppend(InstId instId, DayFileKind kind) => Rows(instId, kind) ?? (RowFile)Make(new DayFileKey(instId, Number, kind), 0);

    /// <summary>Writes everything to the files, without waiting for the medium. The feed's thread.</summary>
    /// <exception cref="IOException">The disk failed; nothing is lost.</exception>
    internal void WriteOut()
    {
        if (!_hasFolder)
        {
            _storage.CreateDirectory(_folder);
            _hasFolder = true;
        }
        foreach (DayFile file in _files.Values)
        {
            file.WriteOut();
        }
    }

    /// <summary>Makes everything durable, and a catalog of it that counts once a manifest names it. The feed's thread.</summary>
    /// <exception cref="IOException">The disk failed; the older catalog counts.</exception>
    internal void Save(long catalog)
    {
        WriteOut();
        foreach (DayFile file in _files.Values)
        {
            file.Sync();
        }
        using (IJournalFile file = _storage.Create(Path.Combine(_folder, DayCatalog.Name(catalog))))
        {
            file.WriteAt(DayCatalog.Write(catalog, Number, _files.Values), 0);
            file.Sync();
        }
        _storage.SyncDirectory(_folder);
    }

    /// <summary>The catalog is named by a durable manifest: it counts, and the others go. The feed's thread, before anything more is appended.</summary>
    internal void Saved(long catalog)
    {
        Catalog = catalog;
        foreach (DayFile file in _files.Values)
        {
            file.KeptLength = file.Length;
        }
        foreach (string name in _storage.List(_folder))
        {
            if (name.StartsWith(DayCatalog.Prefix, StringComparison.Ordinal) && name != DayCatalog.Name(catalog))
            {
                _storage.Delete(Path.Combine(_folder, name));
            }
        }
    }

    /// <summary>Deletes whatever is in a day's folder.</summary>
    internal static void Delete(string root, long day, IJournalStorage storage, OpenFiles open)
    {
        string folder = FolderOf(root, day);
        foreach (string name in storage.List(folder))
        {
            string path = Path.Combine(folder, name);
            open.Forget(path);
            storage.Delete(path);
        }
        storage.DeleteDirectory(folder);
    }

    private DayFile? Find(InstId instId, DayFileKind kind)
    {
        lock (_files)
        {
            return _files.GetValueOrDefault((instId, kind));
        }
    }

    private DayFile Make(in DayFileKey key, long length)
    {
        DayFile file = key.Kind is DayFileKind.Trades or DayFileKind.Refunds
            ? new RowFile(key, _folder, _open, length)
            : new NumberFile(key, _folder, _open, length);
        lock (_files)
        {
            _files.Add((key.InstId, key.Kind), file);
        }
        return file;
    }

    private void Load(long catalog)
    {
        string path = Path.Combine(_folder, DayCatalog.Name(catalog));
        try
        {
            using IJournalFile file = _storage.Open(path, isWritable: false);
            byte[] bytes = new byte[file.Length];
            file.ReadAt(bytes, 0);
            IReadOnlyList<string> names = _storage.List(_folder);
            foreach ((DayFileKey key, long length) in DayCatalog.Read(bytes, catalog, Number) ?? throw new DayFilesDamagedException($"{path} is not as it was written"))
            {
                DayFile named = Make(key, length);
                if (!names.Contains(key.Name))
                {
                    throw new DayFilesDamagedException($"{named.Path} is gone");
                }
            }
        }
        catch (IOException failure)
        {
            throw DayFile.Unreadable(path, failure);
        }
    }
}
