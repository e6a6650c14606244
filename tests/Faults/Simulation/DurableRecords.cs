using HotPath.Core.Ledger.Embedded;

namespace HotPath.Faults.Simulation;

/// <summary>
/// What a power loss at this moment would leave, as far as trades and refunds go: the records in synced writes of files whose names are durable. The
/// one promise is held against it at the moments it speaks of.
/// </summary>
internal sealed class DurableRecords(VirtualDisk disk)
{
    private readonly Dictionary<string, VirtualFile> _accepted = [];
    private readonly Dictionary<string, VirtualFile> _ended = [];
    private readonly Dictionary<string, HashSet<VirtualFile>> _refunded = [];
    private readonly Dictionary<string, List<(string Channel, VirtualFile File)>> _channels = [];
    private readonly HotPath.Core.Model.Trade _trade = new();
    private readonly HotPath.Core.Model.Refund _refund = new();

    internal bool HasAccepted(string tradeNo) => Has(_accepted, tradeNo);

    /// <summary>The channel that a trade is at; null of what is no trade.</summary>
    internal string? ChannelOf(string tradeNo) =>
        _channels.TryGetValue(tradeNo, out List<(string Channel, VirtualFile File)>? all) ? all.Last(one => disk.IsDurablyNamed(one.File)).Channel : null;

    internal bool HasResult(string tradeNo) => Has(_ended, tradeNo);

    /// <summary>A record says that so much, in minor units, is refunded of this trade.</summary>
    internal bool HasRefunded(string tradeNo, long minorUnits) =>
        _refunded.TryGetValue($"{tradeNo} {minorUnits}", out HashSet<VirtualFile>? files) && files.Any(disk.IsDurablyNamed);

    internal void Synced(VirtualFile file, int offset, ReadOnlySpan<byte> bytes)
    {
        int at = Math.Max(0, JournalFormat.HeaderBlockBytes - offset);
        while (at < bytes.Length && JournalFormat.ReadRecord(bytes[at..], out RecordHeader header) == RecordDefect.None)
        {
            ReadOnlySpan<byte> payload = bytes.Slice(at + JournalFormat.RecordHeaderBytes, header.PayloadLength);
            if (header.Type is RecordType.Accepted or RecordType.Refund or RecordType.Surplus)
            {
                _accepted[TradeRecords.ReadNo(payload).ToString()] = file;
            }
            else if (header.Type is RecordType.Result or RecordType.Settled)
            {
                _ended[TradeRecords.ReadNo(payload).ToString()] = file;
            }
            if (header.Type is RecordType.Accepted or RecordType.Dispatched)
            {
                KeepChannel(header.Type, payload, file);
            }
            if (header.Type == RecordType.Settled)
            {
                RefundRecords.ReadResult(payload, _refund);
                // Several records say the same sum: one that failed does not change it.
                string sum = $"{_refund.TradeNo} {_refund.Totals.Succeeded}";
                _refunded[sum] = [.. _refunded.GetValueOrDefault(sum, []), file];
            }
            at += header.RecordBytes;
        }
    }

    private void KeepChannel(RecordType type, ReadOnlySpan<byte> payload, VirtualFile file)
    {
        if (type == RecordType.Accepted)
        {
            TradeRecords.ReadAccepted(payload, _trade);
        }
        else
        {
            TradeRecords.ReadDispatched(payload, _trade);
        }
        string tradeNo = _trade.TradeNo.ToString();
        if (!_channels.TryGetValue(tradeNo, out List<(string, VirtualFile)>? all))
        {
            _channels.Add(tradeNo, all = []);
        }
        all.Add((_trade.ChannelId.ToString(), file));
    }

    private bool Has(Dictionary<string, VirtualFile> records, string tradeNo) =>
        records.TryGetValue(tradeNo, out VirtualFile? file) && disk.IsDurablyNamed(file);
}
