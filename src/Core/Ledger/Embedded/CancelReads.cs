using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>Wishes to cancel.</summary>
internal sealed class CancelReads(ReaderGate gate, JournalWriter journal) : BookReads<Cancellation>(gate, journal)
{
    protected override BookKind Kind => BookKind.Cancel;

    protected override (RecordType Accepted, RecordType Result) Types => (RecordType.Cancel, RecordType.CancelResult);

    protected override void ReadAccepted(ReadOnlySpan<byte> record, Cancellation into)
    {
        into.Clear();
        CancelRecords.ReadCancel(record, into);
    }

    protected override void ReadResult(ReadOnlySpan<byte> record, Cancellation into) => CancelRecords.ReadResult(record, into);

    protected override bool TryReadMore(IBookReader reader, Cancellation into) => true;

    // A wish has no number of its institution's own: no pointer leads here.
    protected override bool HasText(Cancellation read, InstId instId, ReadOnlySpan<byte> text) => false;

    protected override bool HasReqId(Cancellation read, InstId instId, ReadOnlySpan<byte> reqId) =>
        read.InstId == instId && read.ReqId.Span.SequenceEqual(reqId);

    protected override Digest FingerprintOf(Cancellation read) => read.Fingerprint;
}

/// <summary>Money too much.</summary>
internal sealed class SurplusReads(ReaderGate gate, JournalWriter journal) : BookReads<Surplus>(gate, journal)
{
    protected override BookKind Kind => BookKind.Surplus;

    protected override (RecordType Accepted, RecordType Result) Types => (RecordType.Surplus, RecordType.SurplusResult);

    protected override void ReadAccepted(ReadOnlySpan<byte> record, Surplus into)
    {
        into.Clear();
        SurplusRecords.ReadSurplus(record, into);
    }

    protected override void ReadResult(ReadOnlySpan<byte> record, Surplus into) => SurplusRecords.ReadResult(record, into);

    protected override bool TryReadMore(IBookReader reader, Surplus into) => true;

    // Nobody asked for it: neither a number of an institution's own nor a req_id leads here.
    protected override bool HasText(Surplus read, InstId instId, ReadOnlySpan<byte> text) => false;

    protected override bool HasReqId(Surplus read, InstId instId, ReadOnlySpan<byte> reqId) => false;

    protected override Digest FingerprintOf(Surplus read) => default;
}
