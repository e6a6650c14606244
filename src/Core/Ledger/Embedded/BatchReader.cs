using System.IO.Hashing;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What stands where a batch should begin.</summary>
/// <param name="Defect">Why it is no whole batch; None when it is one.</param>
/// <param name="DefectAt">Where in the bytes the first record begins that is not whole, or that does not belong there.</param>
/// <param name="Header">The BATCH record's payload; counts only without a defect.</param>
/// <param name="Length">Bytes of the batch, its own record included.</param>
internal readonly record struct BatchVerdict(RecordDefect Defect, int DefectAt, BatchHeader Header, int Length)
{
    internal bool IsWhole => Defect == RecordDefect.None;
}

/// <summary>The one judgement of what a whole batch is; recovery, the scrub and the command line all read by it.</summary>
internal static class BatchReader
{
    /// <summary>Judges the batch at the beginning of <paramref name="bytes"/>: every record is checked before any of them counts.</summary>
    /// <param name="bytes">From the batch on, as far as the segment goes or was read.</param>
    /// <param name="at">Where the journal has come to.</param>
    /// <param name="ledgerId">Whose batch it must be.</param>
    internal static BatchVerdict Read(ReadOnlySpan<byte> bytes, in JournalPosition at, ulong ledgerId)
    {
        RecordDefect defect = JournalFormat.ReadRecord(bytes, out RecordHeader header);
        if (defect == RecordDefect.None)
        {
            defect = header.Type != RecordType.Batch || header.PayloadLength != JournalFormat.BatchPayloadBytes ? RecordDefect.BadType
                : header.Sequence != at.NextSequence ? RecordDefect.BadSequence
                : RecordDefect.None;
        }
        if (defect != RecordDefect.None)
        {
            return new BatchVerdict(defect, 0, default, 0);
        }
        BatchHeader batch = JournalFormat.ReadBatch(bytes[JournalFormat.RecordHeaderBytes..]);
        if (batch.LedgerId != ledgerId || batch.Chain != at.Chain)
        {
            return new BatchVerdict(RecordDefect.BadChain, 0, batch, 0);
        }
        bool fits = batch.Bytes >= 0 && batch.Records >= 0 && batch.Bytes <= bytes.Length - JournalFormat.BatchRecordBytes;
        return fits ? ReadRecords(bytes[..(JournalFormat.BatchRecordBytes + batch.Bytes)], batch, at.NextSequence)
            : new BatchVerdict(RecordDefect.BadBatch, 0, batch, 0);
    }

    /// <summary>The place after a whole batch.</summary>
    /// <param name="at">The place before it.</param>
    /// <param name="batch">What was read there.</param>
    /// <param name="bytes">The batch's bytes, and perhaps more.</param>
    internal static JournalPosition After(in JournalPosition at, in BatchVerdict batch, ReadOnlySpan<byte> bytes) => new(
        at.Address + batch.Length,
        at.NextSequence + 1 + batch.Header.Records,
        XxHash3.HashToUInt64(bytes[..batch.Length], (long)at.Chain));

    /// <summary>Shows each record of a whole batch; true when it holds the SEAL.</summary>
    internal static bool Show(ReadOnlySpan<byte> bytes, long address, in BatchVerdict batch, IRecordVisitor visitor)
    {
        visitor.OnBatch(batch.Header);
        bool isSealed = false;
        for (int at = 0; at < batch.Length;)
        {
            JournalFormat.ReadRecord(bytes[at..], out RecordHeader header);
            visitor.OnRecord(header, bytes.Slice(at + JournalFormat.RecordHeaderBytes, header.PayloadLength), address + at);
            isSealed = header.Type == RecordType.Seal;
            at += header.RecordBytes;
        }
        return isSealed;
    }

    private static BatchVerdict ReadRecords(ReadOnlySpan<byte> bytes, in BatchHeader batch, long first)
    {
        long sequence = first + 1;
        int at = JournalFormat.BatchRecordBytes;
        while (at < bytes.Length)
        {
            RecordDefect defect = JournalFormat.ReadRecord(bytes[at..], out RecordHeader header);
            if (defect == RecordDefect.None && header.Sequence != sequence)
            {
                defect = RecordDefect.BadSequence;
            }
            if (defect != RecordDefect.None)
            {
                return new BatchVerdict(defect, at, batch, 0);
            }
            sequence++;
            at += header.RecordBytes;
        }
        return sequence == first + 1 + batch.Records
            ? new BatchVerdict(RecordDefect.None, 0, batch, bytes.Length)
            : new BatchVerdict(RecordDefect.BadBatch, at, batch, 0);
    }
}
