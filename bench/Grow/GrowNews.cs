using System.Text.Json;
using System.Text.Json.Serialization;

namespace HotPath.Bench.Grow;

/// <summary>What a process that holds the ledger tells the one that started it: one line of JSON each.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "told")]
[JsonDerivedType(typeof(GrowProgress), "progress")]
[JsonDerivedType(typeof(GrowStep), "step")]
[JsonDerivedType(typeof(GrowFilled), "filled")]
[JsonDerivedType(typeof(GrowReady), "ready")]
[JsonDerivedType(typeof(GrowChecked), "checked")]
internal abstract record GrowNews
{
    internal void Tell(TextWriter to)
    {
        to.WriteLine(JsonSerializer.Serialize(this, GrowJson.Default.GrowNews));
        to.Flush();
    }

    internal static GrowNews Read(string line) => JsonSerializer.Deserialize(line, GrowJson.Default.GrowNews)!;
}

/// <summary>So many trades have been recorded.</summary>
internal sealed record GrowProgress(int Trades) : GrowNews;

/// <summary>What a payment costs with so many trades in the book.</summary>
/// <param name="Trades">In the book when the measurement began.</param>
/// <param name="Payments">Measured.</param>
/// <param name="PaymentsPerSecond">Of the measured ones.</param>
/// <param name="CpuMicroseconds">Of the whole process, a payment: look up, claim, record, and the caller that makes the trade.</param>
internal sealed record GrowStep(int Trades, int Payments, double PaymentsPerSecond, double CpuMicroseconds) : GrowNews
{
    /// <summary>After the measurement, whose own records (4 to 8 MB) are in it.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>Of the journal's files; the newest two are made full-size in advance.</summary>
    public required long JournalBytes { get; init; }

    /// <summary>Of the index's files.</summary>
    public required long IndexBytes { get; init; }

    /// <summary>Trades that those bytes hold.</summary>
    public required int TradesOnDisk { get; init; }

    /// <summary>Waits for the ledger while no checkpoint ran.</summary>
    public WaitFigures? Outside { get; init; }

    /// <summary>Waits for the ledger that a checkpoint fell into.</summary>
    public WaitFigures? During { get; init; }

    /// <summary>The longest checkpoint that fell into the measurement; 0 for none.</summary>
    public double CheckpointSeconds { get; init; }

    /// <summary>Finding any trade of the book by its order number, one after another, mean.</summary>
    public double FindMicroseconds { get; init; }
}

/// <summary>Every trade is recorded; the process waits to be killed.</summary>
/// <param name="Trades">Acknowledged.</param>
/// <param name="Seconds">From the first to the last.</param>
/// <param name="Checkpoints">Taken on the way.</param>
/// <param name="LongestCheckpointSeconds">Of them.</param>
internal sealed record GrowFilled(int Trades, double Seconds, int Checkpoints, double LongestCheckpointSeconds) : GrowNews;

/// <summary>A ledger that was killed is open again.</summary>
/// <param name="OpenSeconds">Opening alone, without the start of the program.</param>
/// <param name="Recovered">What the ledger said of its recovery.</param>
/// <param name="ResidentBytes">When it was ready.</param>
internal sealed record GrowReady(double OpenSeconds, string Recovered, long ResidentBytes) : GrowNews;

/// <summary>Acknowledged trades were looked up again.</summary>
/// <param name="Missing">Those not there, not final, without their signature, or whose repetition would not be answered.</param>
internal sealed record GrowChecked(int Missing) : GrowNews;

/// <summary>A distribution of waits, in milliseconds.</summary>
internal sealed record WaitFigures(long Count, double P50, double P99, double P999, double Max);

/// <summary>From the start of a program to its readiness, after a kill -9.</summary>
internal sealed record GrowRestart(string What, double Seconds)
{
    /// <summary>What the ledger's own process said; the gateway says less.</summary>
    public GrowReady? Ready { get; init; }

    public int Missing { get; init; }
}

/// <summary>What the journal verifier counted at the end.</summary>
internal sealed record GrowJournal(long Accepted, long Results, string? Damage, double Seconds);

/// <summary>All of a run, for <c>--json</c>.</summary>
internal sealed record GrowReport(string Machine, IReadOnlyList<GrowStep> Steps, GrowFilled Filled, IReadOnlyList<GrowRestart> Restarts, GrowJournal Journal)
{
    /// <summary>Everything acknowledged is there after each kill. Times are shown and never judged: they belong to a machine.</summary>
    [JsonIgnore]
    public bool IsRight =>
        Journal.Damage is null && Journal.Accepted == Filled.Trades && Journal.Results == Filled.Trades && Restarts.All(static restart => restart.Missing == 0);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = false)]
[JsonSerializable(typeof(GrowNews))]
[JsonSerializable(typeof(GrowReport))]
internal sealed partial class GrowJson : JsonSerializerContext;
