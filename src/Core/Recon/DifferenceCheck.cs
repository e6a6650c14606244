using System.Text;
using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>Holds each difference of an upload against the gateway's own book.</summary>
internal sealed class DifferenceCheck(ILedger ledger)
{
    /// <summary>What the book says, in the order of the list.</summary>
    internal async ValueTask<DiffCheck[]> RunAsync(ReconFileName file, IReadOnlyList<Difference> differences)
    {
        var (trade, refund) = (new Trade(), new Refund());
        var checks = new DiffCheck[differences.Count];
        for (int i = 0; i < checks.Length; i++)
        {
            Entry entry = file.Type == ReconType.Trade
                ? await FindAsync(file.InstId, differences[i], trade).ConfigureAwait(false)
                : await FindAsync(file.InstId, differences[i], refund).ConfigureAwait(false);
            checks[i] = Judge(differences[i], entry, file.Day);
        }
        return checks;
    }

    internal static DiffCheck Judge(Difference difference, in Entry entry, BeijingDay day)
    {
        if (entry.IsThere && !entry.IsFinal)
        {
            return DiffCheck.Pending;
        }
        bool succeeded = entry.IsThere && entry.IsSuccess;
        if (succeeded && entry.Day != day)
        {
            return DiffCheck.OtherDay;
        }
        // In another currency it is another sum: missing here, and too much there.
        bool hasIt = succeeded && entry.Currency == difference.Currency;
        bool isTold = difference.Type switch
        {
            DiffType.OursIsMissing => !hasIt,
            _ => hasIt && entry.Amount == difference.GwAmount,
        };
        return isTold ? DiffCheck.Confirmed : DiffCheck.Refuted;
    }

    private async ValueTask<Entry> FindAsync(InstId instId, Difference difference, Trade trade)
    {
        byte[] orderNo = Encoding.ASCII.GetBytes(difference.OrderNo);
        bool isThere = difference.Number.IsAssigned
            ? await ledger.FindAsync(difference.Number, trade).ConfigureAwait(false)
            : orderNo.Length > 0 && await ledger.FindByOrderAsync(instId, orderNo, trade).ConfigureAwait(false);
        bool isMeant = isThere && trade.InstId == instId && (orderNo.Length == 0 || trade.OrderNo.Span.SequenceEqual(orderNo));
        return isMeant ? new Entry(true, trade.Status, trade.Amount.MinorUnits, trade.Currency, BeijingDay.Of(trade.FinalAtMs)) : default;
    }

    private async ValueTask<Entry> FindAsync(InstId instId, Difference difference, Refund refund)
    {
        byte[] refundNo = Encoding.ASCII.GetBytes(difference.OrderNo);
        bool isThere = difference.Number.IsAssigned
            ? await ledger.FindRefundAsync(difference.Number, refund).ConfigureAwait(false)
            : refundNo.Length > 0 && await ledger.FindRefundByNoAsync(instId, refundNo, refund).ConfigureAwait(false);
        bool isMeant = isThere && refund.InstId == instId && (refundNo.Length == 0 || refund.RefundNo.Span.SequenceEqual(refundNo));
        return isMeant ? new Entry(true, refund.Status, refund.Amount.MinorUnits, refund.Currency, BeijingDay.Of(refund.FinalAtMs)) : default;
    }

    /// <summary>What of a trade or refund matters here.</summary>
    internal readonly record struct Entry(bool IsThere, TradeStatus Status, long Amount, Currency Currency, BeijingDay Day)
    {
        internal bool IsFinal => Status != TradeStatus.Pending;

        internal bool IsSuccess => Status == TradeStatus.Success;
    }
}
