using System.CommandLine;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Host.Cli;

/// <summary>
/// <c>hotpath journal verify DIR</c> reads every record of a data directory and judges it; <c>dump</c> shows what can be read, damaged or not;
/// <c>cut</c> is the last way out that docs/runbooks/journal-damaged.md names.
/// </summary>
internal static class JournalVerb
{
    internal static Command Create(TextWriter output) =>
        new("journal", "Look at a journal, or cut a damaged one") { Verify(output), Dump(output), Cut(output) };

    private static Command Verify(TextWriter output)
    {
        Argument<string> directory = Directory();
        var verify = new Command("verify", "Read every record, say what is there and what is damaged first") { directory };
        verify.SetAction(async (parsed, _) =>
        {
            JournalReport report = JournalVerifier.Verify(Existing(parsed.GetRequiredValue(directory)));
            await WriteAsync(report, output);
            return report.IsClean ? ExitCodes.Done : ExitCodes.Refused;
        });
        return verify;
    }

    private static Command Dump(TextWriter output)
    {
        Argument<string> directory = Directory();
        var from = new Option<long>("--from") { Description = "first record to show", HelpName = "SEQ", DefaultValueFactory = _ => 0 };
        var to = new Option<long>("--to") { Description = "last record to show", HelpName = "SEQ", DefaultValueFactory = _ => long.MaxValue };
        var trade = new Option<TradeNo?>("--trade")
        {
            Description = "only the records of this trade",
            HelpName = "NO",
            CustomParser = result =>
            {
                TradeNo number = TradeNo.Parse(System.Text.Encoding.UTF8.GetBytes(result.Tokens[0].Value));
                if (!number.IsAssigned)
                {
                    result.AddError($"--trade {result.Tokens[0].Value} is not a number of 28 digits that this gateway gives");
                }
                return number;
            },
        };
        var json = new Option<bool>("--json") { Description = "one JSON object a line" };
        var dump = new Command("dump", "Show every record that can be read, and what had to be skipped") { directory, from, to, trade, json };
        dump.SetAction(async (parsed, _) =>
        {
            string path = Existing(parsed.GetRequiredValue(directory));
            (long first, long last, TradeNo? only) = (parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(trade));
            var lines = new JournalLines(output, parsed.GetValue(json));
            foreach (JournalEntry entry in JournalDump.Read(path))
            {
                bool isWanted = only is null
                    ? entry.Sequence >= first && entry.Sequence <= last
                    : entry.Numbers.Contains(only.Value);
                // What could not be read may be what was asked for.
                if (isWanted || entry.Kind == JournalEntryKind.Skipped)
                {
                    await lines.WriteAsync(entry);
                }
            }
            JournalReport report = JournalVerifier.Verify(path);
            await lines.WriteEndAsync(report);
            return report.IsClean ? ExitCodes.Done : ExitCodes.Refused;
        });
        return dump;
    }

    private static Command Cut(TextWriter output)
    {
        Argument<string> directory = Directory();
        var after = new Option<long>("--after") { Description = "the last record that stays: the end of a batch", HelpName = "SEQ", Required = true };
        var consent = new Option<bool>("--i-have-read-the-runbook") { Description = "docs/runbooks/journal-damaged.md: what is cut is forgotten, and its orders could be paid again" };
        var cut = new Command("cut", "Take everything after a record out of a damaged journal, into a folder beside it") { directory, after, consent };
        cut.SetAction(async (parsed, _) =>
        {
            string path = Existing(parsed.GetRequiredValue(directory));
            if (!parsed.GetValue(consent))
            {
                throw new UsageException("a cut forgets trades: read docs/runbooks/journal-damaged.md, then add --i-have-read-the-runbook");
            }
            JournalCutReport report = JournalCut.Cut(path, parsed.GetRequiredValue(after), TimeProvider.System);
            await output.WriteLineAsync(
                report.IsDone
                    ? $"cut {report.File} from offset {report.Offset}: {report.Accepted} ACCEPTED or REFUND, {report.Results} RESULT or SETTLED, {report.Dispatched} DISPATCHED, " +
                      $"{report.UnreadableBytes} unreadable bytes; all of it is in {report.Kept}"
                    : $"nothing was cut: {report.Refusal}");
            return report.IsDone ? ExitCodes.Done : ExitCodes.Refused;
        });
        return cut;
    }

    private static Argument<string> Directory() => new("DIR") { Description = "the data directory" };

    private static string Existing(string path) =>
        System.IO.Directory.Exists(path) ? path : throw new UsageException($"{path} is no directory");

    private static async Task WriteAsync(JournalReport report, TextWriter output)
    {
        await output.WriteLineAsync($"segments: {report.Segments}");
        foreach ((string type, long count) in report.Records)
        {
            await output.WriteLineAsync($"records {type}: {count}");
        }
        foreach (JournalManifest manifest in report.Manifests)
        {
            await output.WriteLineAsync(
                $"manifest {manifest.Number}: index up to record {manifest.NextSequence - 1}, durable up to {manifest.DurableSequence}");
        }
        await output.WriteLineAsync($"last sequence: {report.LastSequence}");
        await output.WriteLineAsync($"durable sequence: {report.DurableSequence}");
        if (report.TornTailBytes > 0)
        {
            await output.WriteLineAsync($"torn tail: {report.TornTailBytes} bytes, never acknowledged; the next start drops them");
        }
        if (report.Damage is { Sequence: > 0 } at)
        {
            await output.WriteLineAsync($"first damaged record: {at.Sequence}");
        }
        await output.WriteLineAsync(JournalLines.Verdict(report));
    }
}
