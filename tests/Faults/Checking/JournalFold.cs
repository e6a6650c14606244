using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Faults.Checking;

/// <summary>A trade as the journal alone tells it.</summary>
internal sealed record JournalTrade
{
    internal required string TradeNo { get; init; }

    internal required string InstId { get; init; }

    internal required string ReqId { get; init; }

    internal required string OrderNo { get; init; }

    /// <summary>The request's fingerprint as it was claimed, in lower-case hex; see <see cref="Call.Content"/>.</summary>
    internal required string Content { get; init; }

    internal required long AmountMinor { get; init; }

    internal required string Currency { get; init; }

    internal required long AcceptedSequence { get; init; }

    /// <summary>The channels it went to: the one it was accepted for, and those after it, each by a record of its own.</summary>
    internal required List<(long Sequence, string Channel)> Channels { get; init; }

    /// <summary>Records that gave it a result: one, or it is PENDING.</summary>
    internal List<(long Sequence, string Status)> Results { get; } = [];

    /// <summary>Its refunds, as they ended.</summary>
    internal IEnumerable<JournalRefund> RefundsAtTheEnd => Refunds.GroupBy(refund => refund.RefundId).Select(events => new JournalRefund(
        this, events.Key, events.First().RefundNo, events.First().ReqId, events.First().Content, events.First().AmountMinor, events.Last().Status, events.Last().FailCode));

    /// <summary>What its refunds did to it, in the order of the journal.</summary>
    internal List<RefundEvent> Refunds { get; } = [];

    /// <summary>Wishes to cancel it, in the order of the journal.</summary>
    internal List<JournalCancel> Cancels { get; } = [];

    /// <summary>That its channel executed it all the same: one, or none.</summary>
    internal List<JournalSurplus> Surpluses { get; } = [];

    internal string Status => Results.Count == 0 ? "PENDING" : Results[0].Status;
}

/// <summary>A refund was reserved or ended.</summary>
/// <param name="Sequence">The record.</param>
/// <param name="RefundId">Which refund.</param>
/// <param name="RefundNo">The institution's number for it; empty when it ends.</param>
/// <param name="AmountMinor">Of the reservation; 0 when it ends.</param>
/// <param name="Status">PENDING: reserved. SUCCESS or FAILED: ended.</param>
/// <param name="FailCode">Why it failed; empty otherwise.</param>
/// <param name="ReqId">The request that reserved it; empty when it ends.</param>
/// <param name="Content">That request's fingerprint, in lower-case hex; empty when it ends.</param>
/// <param name="Held">What the record says of the trade: the sum that is SUCCESS or PENDING.</param>
/// <param name="Succeeded">The same: the sum that is SUCCESS.</param>
/// <param name="Count">The same: how many are SUCCESS or PENDING.</param>
internal sealed record RefundEvent(
    long Sequence, string RefundId, string RefundNo, long AmountMinor, string Status, string FailCode, string ReqId, string Content, long Held,
    long Succeeded, int Count);

/// <summary>A refund as the journal alone tells it.</summary>
internal sealed record JournalRefund(JournalTrade Trade, string RefundId, string RefundNo, string ReqId, string Content, long AmountMinor, string Status, string FailCode)
{
    /// <summary>It ended as if it had never been asked for (A003): its req_id is free again.</summary>
    internal bool WasNeverSent => FailCode == "A003";
}

/// <summary>A wish to cancel a trade, and what was told of it.</summary>
internal sealed record JournalCancel(long Sequence, string CancelNo, string ReqId, string Content)
{
    /// <summary>The record of its end; 0: none.</summary>
    internal long EndSequence { get; set; }

    /// <summary>resp_code; empty: it has no end.</summary>
    internal string Code { get; set; } = "";

    internal string TradeStatus { get; set; } = "";
}

/// <summary>Money too much, and how it went back.</summary>
internal sealed record JournalSurplus(long Sequence, string RefundId, long AmountMinor)
{
    internal string Status { get; set; } = "PENDING";
}

/// <summary>The journal of a data directory, folded into trades by nothing but its own records: no index, no checkpoint.</summary>
internal sealed class JournalFold : IRecordVisitor
{
    private readonly Dictionary<TradeNo, JournalTrade> _trades = [];
    private readonly Trade _trade = new();
    private readonly Refund _refund = new();
    private readonly Cancellation _cancel = new();
    private readonly Surplus _surplus = new();

    /// <exception cref="JournalDamagedException">It is not whole.</exception>
    internal static IReadOnlyList<JournalTrade> Read(IJournalStorage storage, string dataDirectory) => Read(storage, dataDirectory, out _);

    /// <inheritdoc cref="Read(IJournalStorage, string)"/>
    /// <param name="storage">The disk.</param>
    /// <param name="dataDirectory">The ledger's folder.</param>
    /// <param name="durableSequence">The highest record that anything whole names as durable.</param>
    internal static IReadOnlyList<JournalTrade> Read(IJournalStorage storage, string dataDirectory, out long durableSequence)
    {
        durableSequence = 0;
        string directory = Path.Combine(dataDirectory, "journal");
        if (JournalRecovery.ListSegments(storage, directory).Count == 0)
        {
            return [];
        }
        var fold = new JournalFold();
        durableSequence = JournalVerifier.ScanWhole(storage, directory, Manifest.Load(storage, dataDirectory).Whole, fold).DurableSequence;
        return [.. fold._trades.Values];
    }

    public void OnBatch(in BatchHeader batch)
    {
    }

    public void OnRecord(in RecordHeader header, ReadOnlySpan<byte> payload, long address)
    {
        switch (header.Type)
        {
            case RecordType.Accepted:
                TradeRecords.ReadAccepted(payload, _trade);
                if (!_trades.TryAdd(_trade.TradeNo, Accepted(_trade, header.Sequence)))
                {
                    throw new JournalDamagedException($"trade {_trade.TradeNo} is accepted twice, again in record {header.Sequence}");
                }
                break;
            case RecordType.Dispatched:
                TradeRecords.ReadDispatched(payload, _trade);
                Of(_trade.TradeNo, header.Sequence).Channels.Add((header.Sequence, _trade.ChannelId.ToString()));
                break;
            case RecordType.Result:
                TradeNo tradeNo = TradeRecords.ReadNo(payload);
                if (!_trades.TryGetValue(tradeNo, out JournalTrade? trade))
                {
                    throw new JournalDamagedException($"record {header.Sequence} is the result of trade {tradeNo}, which was never accepted");
                }
                trade.Results.Add((header.Sequence, Name(TradeRecords.ReadStatus(payload))));
                break;
            case RecordType.Refund:
                RefundRecords.ReadRefund(payload, _refund);
                AddRefund(header.Sequence, _refund, "PENDING");
                break;
            case RecordType.Settled:
                _refund.Clear();
                _refund.RefundId = TradeRecords.ReadNo(payload);
                RefundRecords.ReadResult(payload, _refund);
                AddRefund(header.Sequence, _refund, Name(_refund.Status));
                break;
            case RecordType.Cancel:
                CancelRecords.ReadCancel(payload, _cancel);
                Of(_cancel.TradeNo, header.Sequence).Cancels.Add(
                    new JournalCancel(header.Sequence, _cancel.CancelNo.ToString(), _cancel.ReqId.ToString(), Hex(_cancel.Fingerprint)));
                break;
            case RecordType.CancelResult:
                CancelRecords.ReadResult(payload, _cancel);
                string cancelNo = TradeRecords.ReadNo(payload).ToString();
                JournalCancel cancel = _trades.Values.SelectMany(trade => trade.Cancels).Single(cancel => cancel.CancelNo == cancelNo);
                (cancel.EndSequence, cancel.Code, cancel.TradeStatus) = (header.Sequence, RespCodes.Label(_cancel.Code), Name(_cancel.TradeStatus));
                break;
            case RecordType.Surplus:
                SurplusRecords.ReadSurplus(payload, _surplus);
                Of(_surplus.TradeNo, header.Sequence).Surpluses.Add(
                    new JournalSurplus(header.Sequence, _surplus.RefundId.ToString(), _surplus.Amount.MinorUnits));
                break;
            case RecordType.SurplusResult:
                SurplusRecords.ReadResult(payload, _surplus);
                string refundId = TradeRecords.ReadNo(payload).ToString();
                _trades.Values.SelectMany(trade => trade.Surpluses).Single(surplus => surplus.RefundId == refundId).Status = Name(_surplus.Status);
                break;
        }
    }

    private JournalTrade Of(TradeNo tradeNo, long sequence) => _trades.TryGetValue(tradeNo, out JournalTrade? trade)
        ? trade
        : throw new JournalDamagedException($"record {sequence} is about trade {tradeNo}, which was never accepted");

    private void AddRefund(long sequence, Refund refund, string status)
    {
        if (!_trades.TryGetValue(refund.TradeNo, out JournalTrade? trade))
        {
            throw new JournalDamagedException($"record {sequence} is a refund of trade {refund.TradeNo}, which was never accepted");
        }
        trade.Refunds.Add(new RefundEvent(
            sequence, refund.RefundId.ToString(), refund.RefundNo.ToString(), refund.Amount.MinorUnits, status,
            refund.FailCode == RespCode.None ? "" : RespCodes.Label(refund.FailCode), refund.ReqId.ToString(), Hex(refund.Fingerprint),
            refund.Totals.Held, refund.Totals.Succeeded, refund.Totals.Count));
    }

    private static string Hex(in Digest fingerprint)
    {
        Span<byte> bytes = stackalloc byte[Digest.Length];
        fingerprint.Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static string Name(TradeStatus status) => System.Text.Encoding.ASCII.GetString(TradeStatuses.Name(status));

    private static JournalTrade Accepted(Trade trade, long sequence)
    {
        return new JournalTrade
        {
            TradeNo = trade.TradeNo.ToString(),
            InstId = trade.InstId.ToString(),
            ReqId = trade.ReqId.ToString(),
            OrderNo = trade.OrderNo.ToString(),
            Content = Hex(trade.Fingerprint),
            AmountMinor = trade.Amount.MinorUnits,
            Currency = trade.Currency.ToString(),
            AcceptedSequence = sequence,
            Channels = [(sequence, trade.ChannelId.ToString())],
        };
    }
}
