using System.Diagnostics;
using System.Text.RegularExpressions;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>A sandbox as its own process in a folder of its own. Afterwards it is stopped as an operator would, its journal verified, its folder deleted.</summary>
internal sealed partial class GatewayUnderTest : IAsyncDisposable
{
    private readonly HotPathProcess _process;
    private readonly string _program;

    private GatewayUnderTest(HotPathProcess process, string program, IEnumerable<string> institutions)
    {
        _process = process;
        _program = program;
        GroupCollection ready = process.Ready.Groups;
        Sandbox = Sandbox.Open(process.Folder, new Uri(ready["api"].Value), institutions);
        Server = new ServerProcess(int.Parse(ready["pid"].ValueSpan, null));
        Target = new Target(Sandbox.Endpoint, Server, new Uri(ready["admin"].Value));
    }

    public string DataDirectory => _process.Folder;

    public Sandbox Sandbox { get; }

    public ServerProcess Server { get; }

    public Target Target { get; }

    /// <param name="program">hotpath.dll.</param>
    /// <param name="folder">Where its own folder is made.</param>
    /// <param name="institutions">Who will pay.</param>
    /// <param name="arguments">Of the verb sandbox. Nobody is notified where they do not say where.</param>
    /// <param name="cancel">Ends the wait for its ready line.</param>
    /// <param name="data">A folder that another had before it, or will have after it; null: one of its own.</param>
    /// <exception cref="IOException">It did not start.</exception>
    public static async Task<GatewayUnderTest> StartAsync(
        string program, string folder, IEnumerable<string> institutions, IReadOnlyList<string> arguments, CancellationToken cancel, string? data = null)
    {
        string[] silent = arguments.Contains("--receiver-url") ? [] : ["--no-notify"];
        HotPathProcess process = await HotPathProcess.StartAsync(
            program, folder, own => ["sandbox", "--data", own, "--port", "0", "--admin-port", "0", "--no-demo", .. silent, .. arguments], ReadyLine(), cancel, data);
        return new GatewayUnderTest(process, program, institutions);
    }

    /// <summary>What has no result, as its own gauges have it, which are renewed every 5 s; NaN where they cannot be read.</summary>
    public async Task<double> PendingAsync(CancellationToken cancel)
    {
        MetricsPage? page = await MetricsPage.ReadAsync(Target.Admin, cancel);
        return (page?["hotpath_pending"] ?? double.NaN) + (page?["hotpath_pending_unplaced"] ?? double.NaN);
    }

    /// <summary>Stops it and reads its journal as an auditor would.</summary>
    public async Task<Finding> StopAndVerifyAsync()
    {
        await _process.StopAsync();
        using var verify = Process.Start(new ProcessStartInfo("dotnet", ["exec", _program, "journal", "verify", DataDirectory]) { RedirectStandardOutput = true })!;
        string said = (await verify.StandardOutput.ReadToEndAsync()).Trim().ReplaceLineEndings(", ");
        await verify.WaitForExitAsync();
        bool isClean = _process.ExitCode == 0 && verify.ExitCode == 0;
        return new Finding("the gateway stops in order and its journal verifies", isClean ? said : $"exit {_process.ExitCode}; journal verify: exit {verify.ExitCode}, {said}", isClean);
    }

    /// <summary>It ends where it stands (SIGKILL).</summary>
    public Task KillAsync() => _process.SignalAsync("KILL");

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    [GeneratedRegex(@"^hotpath ready (?<api>https://\S+) admin (?<admin>http://\S+) pid (?<pid>\d+)$")]
    private static partial Regex ReadyLine();
}
