using System.Globalization;
using System.Text.RegularExpressions;

namespace HotPath.LoadTest.Scenarios;

/// <summary>An institution's receiver of notifications as its own process.</summary>
internal sealed partial class ReceiverUnderTest(HotPathProcess process) : IAsyncDisposable
{
    /// <summary>For a sandbox's <c>--receiver-url</c>.</summary>
    public string Url => process.Ready.Groups["url"].Value;

    /// <param name="program">hotpath.dll.</param>
    /// <param name="folder">Where its own folder is made.</param>
    /// <param name="data">Folder of the sandbox whose key and certificate it has.</param>
    /// <param name="cancel">Ends the wait for its ready line.</param>
    /// <exception cref="IOException">It did not start.</exception>
    public static async Task<ReceiverUnderTest> StartAsync(string program, string folder, string data, CancellationToken cancel) => new(
        await HotPathProcess.StartAsync(
            program, folder,
            own =>
            [
                "receiver", "--port", "0", "--data", own, "--key", Path.Combine(data, "gateway", "public.pem"),
                "--certificate", Path.Combine(data, "tls", "server.pem"), "--certificate-key", Path.Combine(data, "tls", "server-key.pem"),
            ],
            ReadyLine(), cancel));

    /// <summary>What came so far: how many different notifications, how many times in all, and how many that did not verify.</summary>
    public (int Different, int All, int NotVerified) Read(string institution)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        int all = 0;
        int notVerified = 0;
        foreach (string line in LinesOf(institution))
        {
            all++;
            notVerified += line.Contains("\"verified\":true", StringComparison.Ordinal) ? 0 : 1;
            ids.Add(NotifyId().Match(line).Value);
        }
        return (ids.Count, all, notVerified);
    }

    /// <summary>When each different notification came first, by its notify_id.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> ReadArrivals(string institution) => ReadArrivals(LinesOf(institution));

    internal static IReadOnlyDictionary<string, DateTimeOffset> ReadArrivals(IEnumerable<string> lines)
    {
        var arrivals = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            if (Arrival().Match(line) is { Success: true } match)
            {
                arrivals.TryAdd(match.Groups["id"].Value, DateTimeOffset.Parse(match.Groups["at"].ValueSpan, CultureInfo.InvariantCulture));
            }
        }
        return arrivals;
    }

    /// <summary>It stands still from now on: connections are taken, and nothing is answered on them (SIGSTOP).</summary>
    public Task HangAsync() => process.SignalAsync("STOP");

    /// <summary>It ends where it stands (SIGKILL): its port refuses from now on.</summary>
    public Task KillAsync() => process.SignalAsync("KILL");

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private IEnumerable<string> LinesOf(string institution)
    {
        string file = Path.Combine(process.Folder, institution + ".jsonl");
        return File.Exists(file) ? File.ReadLines(file) : [];
    }

    [GeneratedRegex(@"^hotpath receiver ready (?<url>https://\S+) pid (?<pid>\d+) ")]
    private static partial Regex ReadyLine();

    [GeneratedRegex("\"notify_id\":\"[TR][0-9]{28}\"")]
    private static partial Regex NotifyId();

    [GeneratedRegex("\"received_at\":\"(?<at>[^\"]+)\",.*\"notify_id\":\"(?<id>[TR][0-9]{28})\"")]
    private static partial Regex Arrival();
}
