namespace HotPath.Faults.Simulation;

/// <summary>
/// A file as the page cache has it and as the platter has it. Between the two are the writes that were not synced: a power loss takes each
/// 512-byte sector of them or leaves it.
/// </summary>
internal sealed class VirtualFile
{
    internal const int SectorBytes = 512;

    private readonly List<(int Offset, byte[] Bytes)> _unsynced = [];
    private byte[] _cache = [];
    private byte[] _platter = [];
    private int _platterLength;

    /// <summary>The name it was made under; for the history.</summary>
    internal required string Name { get; init; }

    internal int Length { get; private set; }

    internal int Read(Span<byte> into, long offset)
    {
        int read = (int)Math.Clamp(Length - offset, 0, into.Length);
        if (read > 0)
        {
            _cache.AsSpan((int)offset, read).CopyTo(into);
        }
        return read;
    }

    internal void Write(ReadOnlySpan<byte> bytes, int offset)
    {
        Put(ref _cache, bytes, offset);
        Length = Math.Max(Length, offset + bytes.Length);
        _unsynced.Add((offset, bytes.ToArray()));
    }

    /// <summary>What was written and not synced, oldest first; the caller says how much of it counts.</summary>
    internal int Unsynced => _unsynced.Count;

    /// <summary>The oldest <paramref name="count"/> unsynced writes survive a power loss from here on.</summary>
    internal IReadOnlyList<(int Offset, byte[] Bytes)> Sync(int count)
    {
        List<(int Offset, byte[] Bytes)> synced = _unsynced[..count];
        foreach ((int offset, byte[] bytes) in synced)
        {
            PutOnPlatter(bytes, offset);
        }
        _unsynced.RemoveRange(0, count);
        return synced;
    }

    /// <summary>A failed sync: the page cache calls what it has clean, and the platter has some of it.</summary>
    internal void LoseUnsynced(int count, Chance chance)
    {
        for (int i = 0; i < count; i++)
        {
            Keep(_unsynced[i].Bytes, _unsynced[i].Offset, 0.3, chance);
        }
        _unsynced.RemoveRange(0, count);
    }

    /// <summary>The power goes: what the platter has is all there is.</summary>
    internal void LosePower(double kept, Chance chance)
    {
        foreach ((int offset, byte[] bytes) in _unsynced)
        {
            Keep(bytes, offset, kept, chance);
        }
        _unsynced.Clear();
        _cache = _platter.AsSpan(0, _platterLength).ToArray();
        Length = _platterLength;
    }

    /// <summary>Damage, behind everybody's back: on the platter and in the cache.</summary>
    internal void Change(int offset, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_cache.AsSpan(offset));
        if (offset + bytes.Length <= _platterLength)
        {
            bytes.CopyTo(_platter.AsSpan(offset));
        }
    }

    internal ReadOnlySpan<byte> Content => _cache.AsSpan(0, Length);

    // Sector by sector: kept, lost, or, rarely, torn inside.
    private void Keep(byte[] bytes, int offset, double kept, Chance chance)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            int length = Math.Min(SectorBytes - ((offset + at) % SectorBytes), bytes.Length - at);
            if (chance.Happens(kept))
            {
                int whole = chance.Happens(0.02) ? chance.Below(length) : length;
                PutOnPlatter(bytes.AsSpan(at, whole), offset + at);
            }
            at += length;
        }
    }

    private void PutOnPlatter(ReadOnlySpan<byte> bytes, int offset)
    {
        Put(ref _platter, bytes, offset);
        _platterLength = Math.Max(_platterLength, offset + bytes.Length);
    }

    private static void Put(ref byte[] into, ReadOnlySpan<byte> bytes, int offset)
    {
        if (into.Length < offset + bytes.Length)
        {
            Array.Resize(ref into, Math.Max(offset + bytes.Length, Math.Min(into.Length * 2, 1 << 20)));
        }
        bytes.CopyTo(into.AsSpan(offset));
    }
}
