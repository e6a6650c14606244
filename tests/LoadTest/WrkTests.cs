using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Wire;
using Xunit;

namespace HotPath.LoadTest.Tests;

/// <summary>
/// Does another program see the same service time? One connection each, a server that takes 5 ms, medians of the same second: wrk and our generator
/// must agree to within <see cref="Tolerance"/>. What disturbs the machine for a second disturbs both, and is answered by measuring again; a generator
/// that adds time of its own is not.
/// </summary>
[Collection(nameof(MeasuredAlone))]
public sealed partial class WrkTests
{
    private const int Attempts = 5;
    private const int MostAttempts = 30;
    private static readonly TimeSpan ServiceTime = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MeasuredTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(1.5);

    // More than twice the tolerance: the control fails by a distance, not by luck.
    private static readonly TimeSpan WrongBy = TimeSpan.FromMilliseconds(5);

    [WrkFact]
    public async Task ServiceTime_AgreesWithWrk()
    {
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero, serviceTime: ServiceTime);
        var seen = new List<string>();
        while (!await AgreesAsync(server.Url, TimeSpan.Zero, seen))
        {
            Assert.True(seen.Count < MostAttempts, string.Join('\n', seen));
        }
    }

    [WrkFact]
    public async Task ServiceTime_OfAGeneratorThatAddsFiveMilliseconds_DoesNotAgree()
    {
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero, serviceTime: ServiceTime);
        var seen = new List<string>();
        int agreed = 0;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            agreed += await AgreesAsync(server.Url, WrongBy, seen) ? 1 : 0;
        }
        // One or two by a disturbance that met wrk alone.
        Assert.True(agreed <= Attempts / 2, string.Join('\n', seen));
    }

    private static async Task<bool> AgreesAsync(Uri url, TimeSpan added, List<string> seen)
    {
        Task<double> measuring = WrkMedianMsAsync(url);
        double ours = await OwnMedianMsAsync(url) + added.TotalMilliseconds;
        double wrks = await measuring;
        seen.Add($"ours {ours:F2} ms, wrk's {wrks:F2} ms");
        return Math.Abs(ours - wrks) <= Tolerance.TotalMilliseconds;
    }

    private static async Task<double> OwnMedianMsAsync(Uri url)
    {
        var record = new RunRecord();
        var pack = new Pack([Encoding.ASCII.GetBytes("""{"req_id":"R1"}""")], DateTimeOffset.UnixEpoch);
        await using var run = new LoadRun(new GatewayEndpoint(url, null), 1, record, new AnswerCheck(null, 1));
        await run.OpenAsync(default);
        await run.ClosedLoopAsync(pack.Repeated(10_000), 0, MeasuredTime, default);
        return record.FromSend.GetValueAtPercentile(50) / 1000.0;
    }

    private static async Task<double> WrkMedianMsAsync(Uri url)
    {
        string script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, "wrk.method = \"POST\"\nwrk.body = '{\"req_id\":\"R1\"}'\n");
            using Process wrk = Process.Start(new ProcessStartInfo(
                "wrk", ["-t1", "-c1", string.Create(CultureInfo.InvariantCulture, $"-d{MeasuredTime.TotalSeconds}s"), "--latency", "-s", script, url.ToString()])
            { RedirectStandardOutput = true })!;
            string said = await wrk.StandardOutput.ReadToEndAsync();
            Match median = Median().Match(said);
            Assert.True(median.Success, said);
            double value = double.Parse(median.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);
            return median.Groups["unit"].Value switch { "us" => value / 1000, "ms" => value, _ => value * 1000 };
        }
        finally
        {
            File.Delete(script);
        }
    }

    [GeneratedRegex(@"50%\s+(?<value>[\d.]+)(?<unit>us|ms|s)")]
    private static partial Regex Median();

    /// <summary>Needs wrk on the PATH; says so when it is not there.</summary>
    private sealed class WrkFactAttribute : FactAttribute
    {
        public WrkFactAttribute()
        {
            bool hasWrk = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(static folder => File.Exists(Path.Combine(folder, "wrk")));
            Skip = hasWrk ? null : "needs wrk on the PATH";
        }
    }
}
