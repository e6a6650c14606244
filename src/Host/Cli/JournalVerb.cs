using System.CommandLine;
using HotPath.Core.Ledger.Embedded;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath journal verify DIR</c>: reads every record of a data directory.</summary>
internal static class JournalVerb
{
    internal static Command Create(TextWriter output)
    {
        var directory = new Argument<string>("DIR") { Description = "the data directory" };
        var verify = new Command("verify", "Read every record, say what is there and what is damaged first") { directory };
        verify.SetAction(async (parsed, _) =>
        {
            string path = parsed.GetRequiredValue(directory);
            if (!Directory.Exists(path))
            {
                throw new UsageException($"{path} is no directory");
            }
            JournalReport report = JournalVerifier.Verify(path);
            await WriteAsync(report, output);
            return report.IsClean ? ExitCodes.Done : ExitCodes.Refused;
        });
        return new Command("journal", "Look at a journal") { verify };
    }

    private static async Task WriteAsync(JournalReport report, TextWriter output)
    {
        await output.WriteLineAsync($"segments: {report.Segments}");
        foreach ((string type, long count) in report.Records)
        {
            await output.WriteLineAsync($"records {type}: {count}");
        }
        await output.WriteLineAsync($"last sequence: {report.LastSequence}");
        await output.WriteLineAsync($"durable sequence: {report.DurableSequence}");
        if (report.TornTailBytes > 0)
        {
            await output.WriteLineAsync($"torn tail: {report.TornTailBytes} bytes, never acknowledged; the next start drops them");
        }
        await output.WriteLineAsync(
            report.Damage is { } damage ? $"damaged: {damage.File} at offset {damage.Offset}: {damage.Reason}" : "clean");
    }
}
