namespace HotPath.Core.Ledger.Embedded;

/// <summary>The open segments: address to file. Readers look up while the ledger thread adds.</summary>
internal sealed class JournalSegments : IDisposable
{
    private readonly long _first;
    // Written by the ledger thread (copy, then one store), read by all.
    private volatile IJournalFile[] _files;

    internal JournalSegments(int segmentBytes, long first, IEnumerable<IJournalFile> files)
    {
        SegmentBytes = segmentBytes;
        _first = first;
        _files = [.. files];
    }

    internal int SegmentBytes { get; }

    /// <summary>Below this address there is nothing any more: what the index still says about it is as if absent.</summary>
    internal long BeginAddress => _first * SegmentBytes;

    /// <summary>The newest segment; those before it are sealed and never written again. Any thread.</summary>
    internal long Newest => _first + _files.Length - 1;

    internal IJournalFile File(long number) => _files[(int)(number - _first)];

    internal void Add(IJournalFile file) => _files = [.. _files, file];

    /// <summary>Closes the newest one, which held nothing. Recovery only.</summary>
    internal void RemoveLast()
    {
        _files[^1].Dispose();
        _files = _files[..^1];
    }

    /// <summary>
    /// Reads one record and checks it whole. <paramref name="buffer"/> must hold <see cref="JournalFormat.MaxRecordBytes"/>.
    /// </summary>
    /// <returns>The payload inside <paramref name="buffer"/>.</returns>
    /// <exception cref="JournalDamagedException">There is no such record at this address.</exception>
    internal ReadOnlySpan<byte> Read(long address, RecordType type, Span<byte> buffer)
    {
        long number = address / SegmentBytes;
        int offset = (int)(address % SegmentBytes);
        IJournalFile[] files = _files;
        long index = number - _first;
        if (index < 0 || index >= files.Length)
        {
            throw Damaged(number, offset, "an address outside the journal");
        }
        Span<byte> bytes = buffer[..Math.Min(JournalFormat.MaxRecordBytes, SegmentBytes - offset)];
        bytes = bytes[..files[index].ReadAt(bytes, offset)];
        RecordDefect defect = JournalFormat.ReadRecord(bytes, out RecordHeader header);
        if (defect != RecordDefect.None || header.Type != type)
        {
            throw Damaged(number, offset, defect == RecordDefect.None ? $"a {header.Type} record where {type} was expected" : defect.ToString());
        }
        return bytes.Slice(JournalFormat.RecordHeaderBytes, header.PayloadLength);
    }

    internal JournalDamagedException Damaged(long address, string reason) =>
        Damaged(address / SegmentBytes, (int)(address % SegmentBytes), reason);

    public void Dispose()
    {
        foreach (IJournalFile file in _files)
        {
            file.Dispose();
        }
    }

    private static JournalDamagedException Damaged(long number, int offset, string reason) =>
        new(JournalFormat.SegmentName(number), offset, 0, reason);
}
