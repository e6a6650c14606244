using System.Diagnostics;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Bench.Grow;

/// <summary>Opens a book whose process was killed, says when it is ready, looks up trades that had been acknowledged, and waits.</summary>
internal sealed class BookOpener(GrowPlan plan, string directory, TextWriter news)
{
    private const int Checked = 2_000;

    internal async Task RunAsync()
    {
        string recovered = "";
        long beganAt = Stopwatch.GetTimestamp();
        await using EmbeddedLedger ledger = BookFiller.Open(plan.Options(directory), told =>
        {
            if (told.Kind is LedgerEventKind.Recovered or LedgerEventKind.IndexRebuilt or LedgerEventKind.CheckpointUnusable)
            {
                recovered = recovered.Length == 0 ? told.Message : $"{recovered}; {told.Message}";
            }
        });
        new GrowReady(Stopwatch.GetElapsedTime(beganAt).TotalSeconds, recovered, Environment.WorkingSet).Tell(news);
        new GrowChecked(await CountMissingAsync(ledger)).Tell(news);
        await Task.Delay(Timeout.InfiniteTimeSpan);
    }

    private async Task<int> CountMissingAsync(EmbeddedLedger ledger)
    {
        var trades = new TradeMaker(ledger, BookFiller.Series);
        var wanted = new Trade();
        var found = new Trade();
        int missing = 0;
        for (int i = 0; i < Checked; i++)
        {
            // Spread over the whole book, the very last one among them.
            trades.Fill(wanted, (int)((plan.Trades - 1) * (long)i / (Checked - 1)));
            byte[] order = wanted.OrderNo.Span.ToArray();
            bool isReplay = await ledger.RecallAsync(wanted.InstId, order, wanted.Fingerprint, found) == ReqIdState.Replay;
            bool isFound = await ledger.FindByOrderAsync(wanted.InstId, order, found);
            bool isWhole = found.IsFinal && found.Answer.SignatureLength == TradeMaker.SignatureBytes && found.OrderNo.Span.SequenceEqual(order);
            missing += isReplay && isFound && isWhole ? 0 : 1;
        }
        return missing;
    }
}
