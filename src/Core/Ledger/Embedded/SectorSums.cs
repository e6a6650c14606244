namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// CRC32C of each sector of a log as it was last written, in memory: 4 bytes for 512 (0.8 %; 15 MB for 10 million trades). FASTER reads and
/// writes whole sectors, never less, and reads none that it still writes; so what comes back can be held against what went out, flags included.
/// </summary>
/// <remarks>One thread writes: recovery, then the device's. Any thread reads what FASTER knows to be written.</remarks>
internal sealed class SectorSums
{
    internal const int SectorBytes = 512;

    private const int SectorsPerPart = 64 * 1024;

    // Replaced by the writing thread when it grows; the parts stay.
    private uint[][] _parts = [];

    /// <summary>The sum of a sector; 0 when it was never written.</summary>
    internal uint this[long sector]
    {
        get
        {
            uint[][] parts = Volatile.Read(ref _parts);
            long part = sector / SectorsPerPart;
            return part < parts.Length ? Volatile.Read(ref parts[part][sector % SectorsPerPart]) : 0;
        }
    }

    /// <summary>Notes what is being written.</summary>
    internal void Note(long address, ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += SectorBytes)
        {
            long sector = (address + at) / SectorBytes;
            Grow((sector / SectorsPerPart) + 1);
            Volatile.Write(ref _parts[sector / SectorsPerPart][sector % SectorsPerPart], Of(bytes.Slice(at, SectorBytes)));
        }
    }

    /// <summary>Whether this is what was last written there.</summary>
    internal bool Confirm(long address, ReadOnlySpan<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += SectorBytes)
        {
            if (this[(address + at) / SectorBytes] != Of(bytes.Slice(at, SectorBytes)))
            {
                return false;
            }
        }
        return true;
    }

    // 0 means "never written".
    private static uint Of(ReadOnlySpan<byte> sector) => Math.Max(1, JournalFormat.Checksum(sector));

    private void Grow(long parts)
    {
        int known = _parts.Length;
        if (parts <= known)
        {
            return;
        }
        uint[][] grown = new uint[parts][];
        _parts.CopyTo(grown, 0);
        for (int part = known; part < parts; part++)
        {
            grown[part] = new uint[SectorsPerPart];
        }
        Volatile.Write(ref _parts, grown);
    }
}
