using System.Text.Json;
using System.Text.RegularExpressions;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>The clearing simulator as its own process. Afterwards its books are held against what the gateway's institutions were told.</summary>
internal sealed partial class ClearingUnderTest(HotPathProcess process) : IAsyncDisposable
{
    private readonly List<RunRecord> _records = [];

    /// <summary>For a sandbox's <c>--channel-url</c>.</summary>
    public string Url => process.Ready.Groups["url"].Value;

    /// <param name="program">hotpath.dll.</param>
    /// <param name="folder">Where its own folder is made.</param>
    /// <param name="latency">Mean of its answers to payments, as its option spells it.</param>
    /// <param name="cancel">Ends the wait for its ready line.</param>
    /// <exception cref="IOException">It did not start.</exception>
    public static async Task<ClearingUnderTest> StartAsync(string program, string folder, string latency, CancellationToken cancel) => new(
        await HotPathProcess.StartAsync(program, folder, own => ["simulator", "--port", "0", "--books", own, "--channel-latency", latency], ReadyLine(), cancel));

    /// <summary>It stands still from now on: connections stay, and nothing is answered on them (SIGSTOP).</summary>
    public Task HangAsync() => process.SignalAsync("STOP");

    /// <summary>It goes on where it stood.</summary>
    public Task GoOnAsync() => process.SignalAsync("CONT");

    /// <summary>These payments went through it.</summary>
    public void Cleared(RunRecord record) => _records.Add(record);

    /// <summary>Stops it and reads its books: each payment told as paid is executed once, and nothing was asked for twice.</summary>
    public async Task<Finding> StopAndCompareAsync()
    {
        await process.StopAsync();
        (Dictionary<string, int> executed, int repeated) = ReadBooks(Path.Combine(process.Folder, "books.jsonl"));
        long told = _records.Sum(static record => record.Codes.GetValueOrDefault(RespCodes.Success));
        // 0001, and what ended without an answer, may have been executed or not.
        long unsure = _records.Sum(static record => record.Codes.GetValueOrDefault(RespCodes.Processing) + record.Codes.GetValueOrDefault(RunRecord.NoAnswer));
        PaidTrade[] sample = [.. _records.SelectMany(static record => record.Trades).Where(static trade => trade.RespCode == RespCodes.Success)];
        int found = sample.Count(trade => executed.GetValueOrDefault(trade.TradeNo) == 1);
        bool holds = process.ExitCode == 0 && repeated == 0 && executed.Count >= told && executed.Count <= told + unsure && found == sample.Length &&
            executed.Values.All(static times => times == 1);
        return new Finding(
            "the channel's books hold every paid trade once",
            $"{executed.Count} executed, {told} told 0000, {unsure} told nothing final, {repeated} repeated; {found} of {sample.Length} sampled trades found once",
            holds);
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    /// <summary>How often each reference was executed, and how many payment requests were repetitions (docs/channel-contract.md has the members).</summary>
    internal static (Dictionary<string, int> Executed, int Repeated) ReadBooks(string file)
    {
        var executed = new Dictionary<string, int>(StringComparer.Ordinal);
        int repeated = 0;
        foreach (string text in File.ReadLines(file))
        {
            using JsonDocument line = JsonDocument.Parse(text);
            JsonElement root = line.RootElement;
            if (root.GetProperty("event").GetString() != "pay")
            {
                continue;
            }
            bool isRepeated = root.GetProperty("duplicate").GetBoolean();
            repeated += isRepeated ? 1 : 0;
            if (!isRepeated && root.GetProperty("executed").GetBoolean())
            {
                string reference = root.GetProperty("reference").GetString()!;
                executed[reference] = executed.GetValueOrDefault(reference) + 1;
            }
        }
        return (executed, repeated);
    }

    [GeneratedRegex(@"^hotpath simulator ready (?<url>http://\S+) pid (?<pid>\d+)$")]
    private static partial Regex ReadyLine();
}
