using System.Globalization;
using HotPath.LoadTest.Measuring;
using HotPath.Signing;
using Spectre.Console;

namespace HotPath.LoadTest.Efficiency;

/// <summary>The rounds side by side, their medians, and the goals. A goal that is missed is told, and fails nothing: times belong to a machine.</summary>
internal static class EfficiencyTable
{
    /// <summary>Every figure, with the goal that it has for this sign type.</summary>
    public static IReadOnlyList<Row> Rows(SignType type) =>
    [
        new("crypto, our own sign and verify, µs", static round => round.Crypto.PaymentMicroseconds, "F0"),
        new("crypto by openssl speed, µs", static round => round.OpenSsl?.PaymentMicroseconds, "F0"),
        new("saturation, payments/s", static round => round.SaturatedPerSecond, "F0", AtLeast: type == SignType.Es256 ? 10_000 : null),
        new("  gateway, µs a payment", static round => round.Saturated.CpuMicroseconds, "F0"),
        new("  of it without our sign and verify, µs", static round => round.Saturated.RestMicroseconds, "F0", AtMost: 50),
        new("  efficiency against our own calls", static round => round.Saturated.Efficiency, "F2"),
        new("  efficiency against openssl speed", static round => round.Saturated.EfficiencyToOpensslSpeed, "F2", AtLeast: type == SignType.Rsa2 ? 0.80 : null),
        new("  generator, µs a payment", static round => round.GeneratorMicroseconds, "F0"),
        new("  allocated in the process, bytes a payment", static round => round.Saturated.AllocatedBytes, "F0", AtMost: type == SignType.Rsa2 ? 700 : null),
        new("  commits/s", static round => round.Saturated.CommitsPerSecond, "F0"),
        new("  records a commit", static round => round.Saturated.RecordsPerCommit, "F1"),
        new("partial load, payments/s", static round => round.PartialPerSecond, "F0"),
        new("  gateway, µs a payment", static round => round.Partial.CpuMicroseconds, "F0"),
        new("  commits/s", static round => round.Partial.CommitsPerSecond, "F0"),
        new("  added latency p50, ms", static round => round.Added.P50, "F1", AtMost: 3),
        new("  added latency p99, ms", static round => round.Added.P99, "F1", AtMost: 25),
        new("  added latency p99.9, ms", static round => round.Added.P999, "F1", AtMost: 100),
    ];

    public static void Write(SignType type, IReadOnlyList<EfficiencyRound> rounds, IAnsiConsole console)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn($"{SignTypes.Name(type)}, {rounds.Count} rounds");
        for (int i = 1; i <= rounds.Count; i++)
        {
            table.AddColumn(new TableColumn(Text(i, "F0")).RightAligned());
        }
        table.AddColumn(new TableColumn("median").RightAligned());
        table.AddColumn("goal");
        foreach (Row row in Rows(type))
        {
            double? median = row.MedianOf(rounds);
            table.AddRow([row.Name, .. rounds.Select(round => Text(row.Of(round), row.Format)), Text(median, row.Format), row.Judge(median)]);
        }
        console.Write(table);
    }

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";

    /// <summary>One figure of a round.</summary>
    internal sealed record Row(string Name, Func<EfficiencyRound, double?> Of, string Format, double? AtMost = null, double? AtLeast = null)
    {
        /// <summary>The middle one, or the mean of the two in the middle; null when a round does not have it.</summary>
        public double? MedianOf(IReadOnlyList<EfficiencyRound> rounds)
        {
            double?[] values = [.. rounds.Select(Of)];
            return values.Length == 0 || values.Contains(null) ? null : Median.Of(values.Select(static value => value!.Value));
        }

        /// <summary>The goal in words and whether it is reached; empty where there is none.</summary>
        public string Judge(double? median) => (AtMost, AtLeast) switch
        {
            ({ } most, _) => Say("at most", most, median <= most),
            (_, { } least) => Say("at least", least, median >= least),
            _ => "",
        };

        private static string Say(string word, double goal, bool isReached) =>
            FormattableString.Invariant($"{word} {goal}: {(isReached ? "reached" : "missed")}");
    }
}
