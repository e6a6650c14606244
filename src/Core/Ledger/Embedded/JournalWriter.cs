using System.IO.Hashing;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Gathers records into the open batch and makes batches durable. One thread. The protocol: append while <see cref="HasRoom"/>, then
/// <see cref="Commit"/>; after any exception nothing more may be written, since what the disk holds is unknown.
/// </summary>
/// <remarks>
/// While the next segment cannot be made (F19), the end of this one is kept for what matters more than a new payment: first results of what was
/// accepted, then ceilings and empty batches (<see cref="TakesClaims"/>). At its very end nothing is written until there is a next one.
/// </remarks>
internal sealed class JournalWriter
{
    /// <summary>Room that a trade's result takes, in bytes, even alone in its batch.</summary>
    private const int ResultBytes = JournalFormat.MaxRecordBytes + JournalFormat.BatchRecordBytes;

    /// <summary>Part of a segment that is kept for results at most: 15,000 of them in 64 MiB.</summary>
    // Beyond that are trades in doubt: their results wait, as they have waited for their channel, and the resolver asks for them again.
    private const int MostForResults = 4;

    /// <summary>Part of a segment that claims leave to ceilings and empty batches: 14 hours of them in 64 MiB.</summary>
    private const int ForHousekeeping = 16;

    private readonly SegmentPreparer _preparer;
    private readonly ulong _ledgerId;
    private readonly int _segmentBytes;
    private readonly byte[] _batch;
    private IJournalFile _file;
    private long _segment;
    private int _offset;
    private int _length;
    private int _records;
    private long _nextSequence;
    private long _durableSequence;
    private ulong _chain;
    private long _timeMs;
    private bool _isPreparing;
    private bool _isHoldingClaims;

    // Written by the ledger thread after a sync (release), read by readers before they read the journal (acquire).
    private long _durableEnd;

    internal JournalWriter(JournalSegments segments, SegmentPreparer preparer, ulong ledgerId, in JournalPosition position, long timeMs)
    {
        Segments = segments;
        _preparer = preparer;
        _ledgerId = ledgerId;
        _segmentBytes = segments.SegmentBytes;
        // A batch never crosses a segment, so it can never be longer than one.
        _batch = new byte[Math.Min(JournalFormat.MaxBatchBytes, _segmentBytes - JournalFormat.HeaderBlockBytes - JournalFormat.SealBatchBytes)];
        _segment = position.Address / _segmentBytes;
        _offset = (int)(position.Address % _segmentBytes);
        _file = segments.File(_segment);
        _nextSequence = position.NextSequence;
        _durableSequence = position.NextSequence - 1;
        _chain = position.Chain;
        _timeMs = timeMs;
        _durableEnd = position.Address;
    }

    internal JournalSegments Segments { get; }

    /// <summary>Everything below this address is durable. Any thread.</summary>
    internal long DurableEnd => Volatile.Read(ref _durableEnd);

    /// <summary>The latest time the journal names: it never goes back, whatever the clock does. Any thread.</summary>
    internal long TimeMs => Volatile.Read(ref _timeMs);

    internal bool HasOpenBatch => _length > 0;

    internal int OpenRecords => _records;

    internal long NextSequence => _nextSequence;

    /// <summary>Whether one more record of any kind fits into the open batch and its segment.</summary>
    internal bool HasRoom =>
        BatchLength + JournalFormat.MaxRecordBytes <= _batch.Length &&
        _offset + BatchLength + JournalFormat.MaxRecordBytes + JournalFormat.SealBatchBytes <= _segmentBytes;

    /// <summary>Whether the segment is at its end and there is no next one: nothing can be written now.</summary>
    internal bool IsFull => _length == 0 && !HasRoom;

    /// <summary>Why there is no next segment; null while nothing has failed.</summary>
    internal string? WhyNoNextSegment => _preparer.WhyNot;

    /// <summary>Where the journal stands. Between two batches only.</summary>
    internal JournalPosition Position => new(((long)_segment * _segmentBytes) + _offset, _nextSequence, _chain);

    private int BatchLength => Math.Max(_length, JournalFormat.BatchRecordBytes);

    /// <summary>Appends to the open batch. Needs <see cref="HasRoom"/>.</summary>
    /// <returns>The record's address.</returns>
    internal long Append(RecordType type, ReadOnlySpan<byte> payload)
    {
        OpenBatch();
        Span<byte> record = _batch.AsSpan(_length);
        payload.CopyTo(record[JournalFormat.RecordHeaderBytes..]);
        JournalFormat.SealRecord(record, type, _nextSequence, payload.Length);
        long address = ((long)_segment * _segmentBytes) + _offset + _length;
        _nextSequence++;
        _records++;
        _length += JournalFormat.RecordBytes(payload.Length);
        return address;
    }

    /// <summary>
    /// Makes the open batch durable: one write, one sync. Without one, writes an empty batch, which names everything before it as durable.
    /// </summary>
    internal void Commit(long nowMs)
    {
        OpenBatch();
        Volatile.Write(ref _timeMs, Math.Max(_timeMs, nowMs));
        Span<byte> batch = FinishBatch();
        _file.WriteAt(batch, _offset);
        _file.Sync();
        Committed();
        if (!TryEnsureRoom())
        {
            return;
        }
        if (!_isPreparing && _offset > _segmentBytes / 2)
        {
            // Half a segment ahead: seconds, while zero-filling takes a fraction of one.
            _isPreparing = true;
            _preparer.Start();
        }
    }

    /// <summary>Forgets the open batch: after a failure nobody may believe that it was written.</summary>
    internal void Abandon() => _length = 0;

    private void OpenBatch()
    {
        if (_length == 0)
        {
            _length = JournalFormat.BatchRecordBytes;
            _nextSequence++;
            _records = 0;
        }
    }

    private Span<byte> FinishBatch()
    {
        var header = new BatchHeader(
            _durableSequence, _chain, _timeMs, _records, _length - JournalFormat.BatchRecordBytes, _ledgerId);
        Span<byte> batch = _batch.AsSpan(0, _length);
        JournalFormat.WriteBatch(batch[JournalFormat.RecordHeaderBytes..], header);
        JournalFormat.SealRecord(batch, RecordType.Batch, _nextSequence - 1 - _records, JournalFormat.BatchPayloadBytes);
        _chain = XxHash3.HashToUInt64(batch, (long)_chain);
        return batch;
    }

    private void Committed()
    {
        _offset += _length;
        _durableSequence = _nextSequence - 1;
        _length = 0;
        Volatile.Write(ref _durableEnd, ((long)_segment * _segmentBytes) + _offset);
    }

    /// <summary>
    /// Rolls if there is no room in the segment; false when there is no next one either. Between two batches only. What is left in a full
    /// segment belongs to its SEAL, also after a restart.
    /// </summary>
    internal bool TryEnsureRoom()
    {
        if (!HasRoom && _preparer.TryEnsure())
        {
            Roll();
        }
        return HasRoom;
    }

    /// <summary>The same for whoever cannot go on without room.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal void RequireRoom()
    {
        if (!TryEnsureRoom())
        {
            throw new IOException($"the journal is at the end of its last segment, and there is no room for the next: {WhyNoNextSegment}");
        }
    }

    /// <summary>
    /// Whether a new trade may be accepted: this segment then still holds a result for it and for all <paramref name="pending"/> trades and what
    /// housekeeping writes, or the next segment is there. Once it is not so, it is not so until there is a next segment: results that take less
    /// than was kept for them must not let single claims through. Nor is it so at the very end, where the next segment may have become ready since
    /// <see cref="TryEnsureRoom"/> looked: there is room for claims when this one has rolled.
    /// </summary>
    internal bool TakesClaims(int pending)
    {
        _isHoldingClaims = (_isHoldingClaims || !Keeps(pending + 1, _segmentBytes / ForHousekeeping)) && !_preparer.TryEnsure();
        return !_isHoldingClaims && HasRoom;
    }

    /// <summary>Whether a ceiling or an empty batch may be written without taking the room of results.</summary>
    internal bool TakesHousekeeping(int pending) => Keeps(pending, 0) || _preparer.TryEnsure();

    private bool Keeps(int results, int besides)
    {
        long free = _segmentBytes - _offset - BatchLength - JournalFormat.SealBatchBytes;
        return free >= JournalFormat.MaxRecordBytes + besides + Math.Min((long)results * ResultBytes, _segmentBytes / MostForResults);
    }

    /// <summary>Ends the segment. The next one exists durably before the SEAL says so.</summary>
    private void Roll()
    {
        IJournalFile sealedFile = _file;
        long durableBefore = _durableSequence;
        int sealedOffset = _offset;
        Append(RecordType.Seal, default);
        Span<byte> batch = FinishBatch();
        Span<byte> block = new byte[JournalFormat.HeaderBlockBytes];
        JournalFormat.WriteSegmentHeader(
            block, new SegmentHeader(_segmentBytes, _ledgerId, _segment + 1, _nextSequence, _chain, durableBefore));
        IJournalFile next = _preparer.Take(_segment + 1, block);
        sealedFile.WriteAt(batch, sealedOffset);
        sealedFile.Sync();

        Segments.Add(next);
        _file = next;
        _segment++;
        _offset = JournalFormat.HeaderBlockBytes;
        _durableSequence = _nextSequence - 1;
        _length = 0;
        _isPreparing = false;
        _isHoldingClaims = false;
        Volatile.Write(ref _durableEnd, ((long)_segment * _segmentBytes) + _offset);
    }
}
