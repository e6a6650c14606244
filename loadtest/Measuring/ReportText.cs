using System.Globalization;
using System.Text.Json;
using HdrHistogram;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Measuring;

/// <summary>A report for people, for programs, and as .hgrm for HdrHistogram's plotter.</summary>
internal static class ReportText
{
    internal static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static void WriteJson(Report report, string file) => File.WriteAllText(file, JsonSerializer.Serialize(report, Json) + "\n");

    /// <summary>Both distributions: <c>NAME.intended.hgrm</c> and <c>NAME.send.hgrm</c>, in milliseconds.</summary>
    public static void WriteHistograms(RunRecord record, string name)
    {
        WriteHistogram(record.FromIntended, name + ".intended.hgrm");
        WriteHistogram(record.FromSend, name + ".send.hgrm");
    }

    public static void Write(Report report, TextWriter to)
    {
        to.WriteLine();
        Line(to, $"{report.Mode}, {report.Connections} connections, {report.Seconds:F1} s");
        Line(to, $"  offered            {report.Offered} ({report.Offered / report.Seconds:F0}/s{(report.OfferedRate is { } rate ? FormattableString.Invariant($", meant {rate:F0}/s") : "")})");
        Line(to, $"  done               {report.Done} ({report.DonePerSecond:F0}/s), with an outcome {report.Outcomes} ({report.Outcomes / report.Seconds:F0}/s)");
        foreach ((string code, long count) in report.Codes.OrderByDescending(static pair => pair.Value))
        {
            Line(to, $"    {code,-16} {count}");
        }
        to.WriteLine("  latency, ms              p50       p90       p99     p99.9       max");
        WriteLatency(to, "from intended start", report.FromIntended);
        WriteLatency(to, "from send", report.FromSend);
        WriteLatency(to, "generator's lag", report.SendLag);
        WriteServer(report, to);
        Line(to, $"  signatures verified {report.SignaturesVerified}, trades queried afterwards {report.TradesQueried}");
        if (report.Machine is { } machine)
        {
            Line(to, $"  machine: {machine.Cores} cores, {machine.Cpu}, .NET {machine.DotNet}, {machine.OpenSsl}, load {machine.LoadAverage:F1} before");
        }
        foreach (SloVerdict limit in report.Slo)
        {
            Line(to, $"  {limit}");
        }
        foreach (string reason in report.Reasons)
        {
            Line(to, $"  {report.Verdict}: {reason}");
        }
        to.WriteLine($"verdict {report.Verdict}");
    }

    private static void WriteServer(Report report, TextWriter to)
    {
        ServerSide server = report.Server;
        Line(to, $"  crypto, µs CPU a payment: own calls {report.Crypto.PaymentMicroseconds:F0} (sign {report.Crypto.SignMicroseconds:F0}, verify {report.Crypto.VerifyMicroseconds:F0})" +
            (report.CryptoByOpensslSpeed is { } speed ? FormattableString.Invariant($", openssl speed {speed.PaymentMicroseconds:F0}") : ", no openssl program"));
        if (report.GeneratorCpuMicroseconds is { } generator)
        {
            Line(to, $"  generator, µs CPU a payment: {generator:F0}");
        }
        if (server.CpuMicroseconds is { } cpu)
        {
            Line(to, $"  gateway, µs CPU a payment: {cpu:F0}, without crypto {server.RestMicroseconds:F0}; efficiency {server.Efficiency:F2}" +
                (server.EfficiencyToOpensslSpeed is { } toSpeed ? FormattableString.Invariant($", to openssl speed {toSpeed:F2}") : ""));
            Line(to, $"  gateway, resident MB: {server.ResidentMegabytes:F0}");
        }
        if (server.CommitsPerSecond is { } commits)
        {
            Line(to, $"  journal: {commits:F0} commits/s, {server.RecordsPerCommit:F1} records each, {server.CommitMilliseconds:F2} ms each");
        }
        if (server.AllocatedBytes is { } bytes)
        {
            Line(to, $"  gateway, bytes allocated a payment: {bytes:F0}");
        }
    }

    private static void WriteLatency(TextWriter to, string name, Latency latency) =>
        Line(to, $"    {name,-19} {latency.P50,9:F2} {latency.P90,9:F2} {latency.P99,9:F2} {latency.P999,9:F2} {latency.Max,9:F2}");

    private static void WriteHistogram(LongHistogram histogram, string file)
    {
        using var writer = new StreamWriter(file);
        histogram.OutputPercentileDistribution(writer, outputValueUnitScalingRatio: 1000);
    }

    private static void Line(TextWriter to, FormattableString line) => to.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static void Line(TextWriter to, string line) => to.WriteLine(line);
}
