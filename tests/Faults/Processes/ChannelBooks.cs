using System.Globalization;
using System.Text.Json;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Processes;

/// <summary>The simulated channel's books, read from their file as docs/channel-contract.md describes it and by none of the simulator's own code.</summary>
internal static class ChannelBooks
{
    /// <param name="path"><c>books.jsonl</c>; the channel may be writing to it.</param>
    /// <param name="epochMs">Unix milliseconds at which the harness's time began.</param>
    internal static IReadOnlyList<ChannelEntry> Read(string path, long epochMs)
    {
        if (!File.Exists(path))
        {
            return [];
        }
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        string[] lines = file.ReadToEnd().Split('\n');
        // What follows the last line's end is being written.
        return [.. lines.SkipLast(1).Select(Line.Parse).GroupBy(line => line.Reference).Select(lines => Entry(lines.Key, [.. lines], epochMs))];
    }

    private static ChannelEntry Entry(string reference, Line[] lines, long epochMs) => new()
    {
        TradeNo = reference,
        OriginalTradeNo = lines[0].Original,
        AmountMinor = lines[0].AmountMinor,
        Currency = lines[0].Currency,
        Deliveries = lines.Count(line => line.Event is "pay" or "refund"),
        IsExecuted = lines[^1].IsExecuted,
        HasLied = lines[^1].IsExecuted && lines.Any(line => line is { Event: "reverse", Result: "REVERSED" }),
        Story = [.. lines.Select(line => (line.AtMs - epochMs, $"{line.Event}: {line.Result}{(line.IsExecuted ? ", executed" : "")}{(line.IsDuplicate ? ", again" : "")}"))],
    };

    private sealed record Line(string Event, long AtMs, string Reference, string Original, long AmountMinor, string Currency, string Result, bool IsExecuted, bool IsDuplicate)
    {
        internal static Line Parse(string text)
        {
            using var json = JsonDocument.Parse(text);
            string Member(string name) => json.RootElement.GetProperty(name).GetString()!;
            return new Line(
                Member("event"),
                json.RootElement.GetProperty("at_ms").GetInt64(),
                Member("reference"),
                json.RootElement.TryGetProperty("original_reference", out JsonElement original) ? original.GetString()! : "",
                long.Parse(Member("amount_minor"), CultureInfo.InvariantCulture),
                Member("currency"),
                Member("result"),
                json.RootElement.GetProperty("executed").GetBoolean(),
                json.RootElement.GetProperty("duplicate").GetBoolean());
        }
    }
}
