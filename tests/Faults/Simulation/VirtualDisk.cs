namespace HotPath.Faults.Simulation;

/// <summary>
/// The disk of the gateway's machine: it survives processes, and of what was not synced only a part survives the loss of power. Names are
/// content too: a created, renamed or deleted file is durably so only once its directory was synced.
/// </summary>
internal sealed class VirtualDisk
{
    private readonly Dictionary<string, VirtualDirectory> _directories = [];

    internal VirtualDisk() => _directories["/"] = new VirtualDirectory { IsDurable = true };

    /// <summary>Bytes that files may hold together; beyond them a write fails as on a full disk.</summary>
    internal long Capacity { get; set; } = long.MaxValue;

    internal long UsedBytes => Files.Distinct().Sum(file => (long)file.Length);

    /// <summary>Whose process has the data directory.</summary>
    internal Life? Owner { get; set; }

    internal IEnumerable<VirtualFile> Files => _directories.Values.SelectMany(directory => directory.Names.Values);

    internal VirtualDirectory? Find(string directory) => _directories.GetValueOrDefault(directory);

    internal void MakeDirectory(string path) => _directories.TryAdd(path, new VirtualDirectory());

    internal void SyncDirectory(string path)
    {
        VirtualDirectory directory = _directories[path];
        directory.Sync();
        foreach ((string child, VirtualDirectory made) in _directories)
        {
            made.IsDurable |= Path.GetDirectoryName(child) == path;
        }
    }

    /// <summary>Whether a power loss now would leave this file under a name.</summary>
    internal bool IsDurablyNamed(VirtualFile file) =>
        _directories.Any(directory => IsDurable(directory.Key) && directory.Value.DurableNames.ContainsValue(file));

    private bool IsDurable(string path) =>
        _directories[path].IsDurable && (path == "/" || IsDurable(Path.GetDirectoryName(path)!));

    internal void LosePower(Chance chance)
    {
        // All of it, none of it, or some of it.
        double kept = chance.Pick(0.0, 0.5, 0.9, 1.0);
        foreach (VirtualFile file in Files.Concat(_directories.Values.SelectMany(directory => directory.DurableNames.Values)).Distinct().ToArray())
        {
            file.LosePower(kept, chance);
        }
        foreach ((string path, VirtualDirectory directory) in _directories.ToArray())
        {
            directory.LosePower(kept, chance);
            if (!directory.IsDurable)
            {
                directory.IsDurable = chance.Happens(kept);
            }
        }
        // A directory that is lost takes with it what is in it.
        foreach (string path in _directories.Keys.Order(StringComparer.Ordinal).ToArray())
        {
            bool hasParent = path == "/" || _directories.ContainsKey(Path.GetDirectoryName(path)!);
            if (!hasParent || !_directories[path].IsDurable)
            {
                _directories.Remove(path);
            }
        }
    }
}

/// <summary>Names as they are, and as a power loss would leave them.</summary>
internal sealed class VirtualDirectory
{
    private readonly List<Action<SortedDictionary<string, VirtualFile>>> _unsynced = [];

    internal SortedDictionary<string, VirtualFile> Names { get; private set; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, VirtualFile> DurableNames { get; } = new(StringComparer.Ordinal);

    internal bool IsDurable { get; set; }

    internal void Change(Action<SortedDictionary<string, VirtualFile>> change)
    {
        change(Names);
        _unsynced.Add(change);
    }

    internal void Sync()
    {
        _unsynced.ForEach(change => change(DurableNames));
        _unsynced.Clear();
    }

    internal void LosePower(double kept, Chance chance)
    {
        foreach (Action<SortedDictionary<string, VirtualFile>> change in _unsynced)
        {
            if (chance.Happens(kept))
            {
                change(DurableNames);
            }
        }
        _unsynced.Clear();
        Names = new SortedDictionary<string, VirtualFile>(DurableNames, StringComparer.Ordinal);
    }
}
