using System.Globalization;

namespace HotPath.Bench.Grow;

/// <summary>A run's figures as Markdown: read in a terminal, pasted into docs/performance.md.</summary>
internal static class GrowTable
{
    private const double BytesPerMiB = 1024 * 1024;

    internal static void Write(GrowReport report, TextWriter to)
    {
        void Line(FormattableString text) => to.WriteLine(text.ToString(CultureInfo.InvariantCulture));
        Line($"{report.Machine}");
        Line($"");
        Line($"| trades in the book | payments/s | CPU µs a payment | resident MiB | journal · index B a trade | p50 · p99 · p99.9 ms, no checkpoint | p99 · p99.9 · max ms, checkpoint | checkpoint s | find µs |");
        Line($"|---|---|---|---|---|---|---|---|---|");
        foreach (GrowStep step in report.Steps)
        {
            (WaitFigures outside, WaitFigures during) = (step.Outside!, step.During!);
            string checkpoint = during.Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{during.P99:F1} · {during.P999:F1} · {during.Max:F1}");
            Line($"| {step.Trades:N0} | {step.PaymentsPerSecond:N0} | {step.CpuMicroseconds:F2} | {step.ResidentBytes / BytesPerMiB:N0} | {Each(step, step.JournalBytes):F0} · {Each(step, step.IndexBytes):F0} | {outside.P50:F1} · {outside.P99:F1} · {outside.P999:F1} | {checkpoint} | {step.CheckpointSeconds:F2} | {step.FindMicroseconds:F1} |");
        }
        GrowStep first = report.Steps[0];
        GrowStep last = report.Steps[^1];
        Line($"");
        Line($"{report.Filled.Trades:N0} trades in {report.Filled.Seconds:F0} s, {report.Filled.Checkpoints} checkpoints, the longest {report.Filled.LongestCheckpointSeconds:F2} s");
        Line($"CPU a payment with {last.Trades:N0} trades ÷ with {first.Trades:N0}: {last.CpuMicroseconds / first.CpuMicroseconds:F2}");
        foreach (GrowRestart restart in report.Restarts)
        {
            Line($"kill -9, start to ready, {restart.What}: {restart.Seconds:F2} s{Detail(restart)}");
        }
        Line($"journal: {report.Journal.Accepted:N0} accepted, {report.Journal.Results:N0} results, {report.Journal.Damage ?? "clean"} ({report.Journal.Seconds:F1} s to verify)");
        Line($"{(report.IsRight ? "grow passed" : "grow failed")}");
    }

    private static double Each(GrowStep step, long bytes) => (double)bytes / step.TradesOnDisk;

    private static string Detail(GrowRestart restart) => restart.Ready is not { } ready
        ? ""
        : string.Create(
            CultureInfo.InvariantCulture,
            $" (open {ready.OpenSeconds:F2} s, {ready.ResidentBytes / BytesPerMiB:N0} MiB; {ready.Recovered}; {restart.Missing} of the trades looked up missing)");
}
