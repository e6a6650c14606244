using System.Buffers.Binary;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>From a checkpoint, and the records after it, to the book they came from.</summary>
internal sealed partial class Book
{
    private readonly Trade _replayed = new();
    private long _replayFrom;

    /// <summary>Everything without a result, and what was reversed lately, and where it was accepted, for a checkpoint. In no time, however much it is.</summary>
    internal PendingCopy CopyPending(long nowMs)
    {
        ForgetReversed(nowMs);
        return _pending.Copy(_reversed.Copy());
    }

    /// <summary>The state a checkpoint recorded; replay goes on from its first record.</summary>
    internal void Restore(Manifest manifest)
    {
        foreach (PendingTrade pending in manifest.Pending)
        {
            IndexKey key = IndexKey.Trade(pending.TradeNo);
            if (pending.Kind == BookKind.Dispatched)
            {
                // Its trade stands before it in the list, and was put into the index just now.
                if (_index.TryGetBook(key, out BookEntry begun))
                {
                    Begin(key, pending.TradeNo, begun with { B = pending.AcceptedAddress });
                }
            }
            else if (pending.Kind != BookKind.Reversed)
            {
                // Its record may be marked as overtaken by a result that this checkpoint does not hold: put it again.
                Begin(key, pending.TradeNo, BookEntry.Begun(pending.AcceptedAddress, pending.Kind));
            }
            else if (_index.TryGetBook(key, out BookEntry ended))
            {
                WasReversed(pending.TradeNo, ended, ended.FinalAtMs);
            }
        }
        Trades = manifest.Trades;
        Ceiling = manifest.Ceiling;
        TimeMs = manifest.TimeMs;
        _replayFrom = manifest.Position.NextSequence;
    }

    public void OnBatch(in BatchHeader batch) => TimeMs = Math.Max(TimeMs, batch.TimeMs);

    /// <summary>Replay: a pure fold, so that doing it twice, or on an index that is ahead, ends in the same book.</summary>
    public void OnRecord(in RecordHeader header, ReadOnlySpan<byte> payload, long address)
    {
        if (header.Sequence < _replayFrom)
        {
            return;
        }
        Replayed++;
        switch (header.Type)
        {
            case RecordType.Accepted:
                ReplayAccepted(payload, address);
                break;
            case RecordType.Dispatched:
                ReplayDispatched(payload, address);
                break;
            case RecordType.Result:
                ReplayTradeResult(payload, address);
                break;
            case RecordType.Refund:
                ReplayRefund(payload, address);
                break;
            case RecordType.Settled:
                ReplayRefundResult(payload, address);
                break;
            case RecordType.Cancel:
                ReplayCancel(payload, address);
                break;
            case RecordType.CancelResult:
                ReplayCancelResult(payload, address);
                break;
            case RecordType.Surplus:
                ReplaySurplus(payload, address);
                break;
            case RecordType.SurplusResult:
                ReplayResult(payload, address);
                break;
            case RecordType.Ceiling:
                Ceiling = BinaryPrimitives.ReadUInt64LittleEndian(payload);
                break;
        }
    }

    private void ReplayAccepted(ReadOnlySpan<byte> payload, long address)
    {
        TradeRecords.ReadAccepted(payload, _replayed);
        Accept(CommandKeys.Of(_replayed), _replayed, address);
    }

    private void ReplayTradeResult(ReadOnlySpan<byte> payload, long address)
    {
        BookEntry entry = ReplayResult(payload, address);
        if (TradeRecords.ReadWasReversed(payload))
        {
            WasReversed(TradeRecords.ReadNo(payload), entry, Math.Max(TradeRecords.ReadFinalAtMs(payload), TimeMs));
        }
    }

    private BookEntry ReplayResult(ReadOnlySpan<byte> payload, long address, bool freesReqId = false)
    {
        TradeNo number = TradeRecords.ReadNo(payload);
        IndexKey key = IndexKey.Trade(number);
        if (!_index.TryGetBook(key, out BookEntry entry))
        {
            throw new JournalDamagedException($"the journal has a result of {number}, which it never accepted");
        }
        End(key, number, entry, address, TradeRecords.ReadStatus(payload), TradeRecords.ReadFinalAtMs(payload), TimeMs, freesReqId);
        return entry;
    }
}
