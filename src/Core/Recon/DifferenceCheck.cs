using System.Text;
using HotPath.Core.Ledger;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>Holds each difference of an upload against the gateway's own book, and against the file that it is about.</summary>
internal sealed class DifferenceCheck(ILedger ledger)
{
    /// <summary>What the book says, in the order of the list.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal async ValueTask<DiffCheck[]> RunAsync(ReconFileName file, FileNumbers numbers, IReadOnlyList<Difference> differences)
    {
        var (trade, refund) = (new Trade(), new Refund());
        var checks = new DiffCheck[differences.Count];
        for (int i = 0; i < checks.Length; i++)
        {
            Entry? entry = await FindAsync(file, differences[i], trade, refund).ConfigureAwait(false);
            checks[i] = Judge(differences[i], entry, isInFile: entry is { Status: TradeStatus.Success } success && numbers.Has(success.Number));
        }
        return checks;
    }

    private static DiffCheck Judge(Difference difference, Entry? entry, bool isInFile)
    {
        if (entry is { Status: TradeStatus.Pending })
        {
            return DiffCheck.Pending;
        }
        if (entry is { Status: TradeStatus.Success } && !isInFile)
        {
            return DiffCheck.OtherDay;
        }
        // In another currency it is another sum: missing here, and too much there.
        bool hasIt = isInFile && entry?.Currency == difference.Currency;
        bool isTold = difference.Type switch
        {
            DiffType.OursIsMissing => !hasIt,
            _ => hasIt && entry?.Amount == difference.GwAmount,
        };
        return isTold ? DiffCheck.Confirmed : DiffCheck.Refuted;
    }

    // Where two numbers are said, both must be its (protocol, section 5): one that cannot be ours is nobody's, whatever stands beside it.
    private async ValueTask<Entry?> FindAsync(ReconFileName file, Difference difference, Trade trade, Refund refund)
    {
        byte[] orderNo = Encoding.ASCII.GetBytes(difference.OrderNo);
        if (difference.HasNumber ? !difference.Number.IsAssigned : orderNo.Length == 0)
        {
            return null;
        }
        bool isThere = (file.Type, difference.HasNumber) switch
        {
            (ReconType.Trade, true) => await ledger.FindAsync(difference.Number, trade).ConfigureAwait(false),
            (ReconType.Trade, false) => await ledger.FindByOrderAsync(file.InstId, orderNo, trade).ConfigureAwait(false),
            (_, true) => await ledger.FindRefundAsync(difference.Number, refund).ConfigureAwait(false),
            (_, false) => await ledger.FindRefundByNoAsync(file.InstId, orderNo, refund).ConfigureAwait(false),
        };
        if (!isThere)
        {
            return null;
        }
        (InstId owner, ShortText ownNo, Entry entry) = file.Type == ReconType.Trade
            ? (trade.InstId, trade.OrderNo, new Entry(trade.TradeNo, trade.Status, trade.Amount.MinorUnits, trade.Currency))
            : (refund.InstId, refund.RefundNo, new Entry(refund.RefundId, refund.Status, refund.Amount.MinorUnits, refund.Currency));
        return owner == file.InstId && (orderNo.Length == 0 || ownNo.Span.SequenceEqual(orderNo)) ? entry : null;
    }

    /// <summary>What of a trade or refund matters here.</summary>
    private readonly record struct Entry(TradeNo Number, TradeStatus Status, long Amount, Currency Currency);
}
