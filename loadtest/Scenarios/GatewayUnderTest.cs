using System.Diagnostics;
using System.Text.RegularExpressions;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>A sandbox as its own process in a folder of its own. Afterwards it is stopped as an operator would, its journal verified, its folder deleted.</summary>
internal sealed partial class GatewayUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _program;
    private readonly string _data;

    private GatewayUnderTest(Process process, string program, string data, Match ready, IEnumerable<string> institutions)
    {
        _process = process;
        _program = program;
        _data = data;
        Sandbox = Sandbox.Open(data, new Uri(ready.Groups["api"].Value), institutions);
        Server = new ServerProcess(int.Parse(ready.Groups["pid"].ValueSpan, null));
        Target = new Target(Sandbox.Endpoint, Server, new Uri(ready.Groups["admin"].Value));
    }

    public string DataDirectory => _data;

    public Sandbox Sandbox { get; }

    public ServerProcess Server { get; }

    public Target Target { get; }

    /// <param name="program">hotpath.dll.</param>
    /// <param name="folder">Where its own folder is made. Not in /tmp, which is memory on many machines: a sync must mean something.</param>
    /// <param name="institutions">Who will pay.</param>
    /// <param name="arguments">Of the verb sandbox.</param>
    /// <param name="cancel">Ends the wait for its ready line.</param>
    /// <exception cref="IOException">It did not start.</exception>
    public static async Task<GatewayUnderTest> StartAsync(
        string program, string folder, IEnumerable<string> institutions, IEnumerable<string> arguments, CancellationToken cancel)
    {
        string data = Path.Combine(Path.GetFullPath(folder), $"scenario-{Path.GetRandomFileName()}");
        var process = Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", program, "sandbox", "--data", data, "--port", "0", "--admin-port", "0", "--no-demo", .. arguments])
        { RedirectStandardOutput = true })!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(StartLimit);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (ReadyLine().Match(line) is { Success: true } ready)
                {
                    return new GatewayUnderTest(process, program, data, ready, institutions);
                }
            }
            throw new IOException("the sandbox did not start");
        }
        catch
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            Delete(data);
            throw;
        }
    }

    /// <summary>Stops it and reads its journal as an auditor would.</summary>
    public async Task<Finding> StopAndVerifyAsync()
    {
        using (Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            await kill.WaitForExitAsync();
        }
        await _process.WaitForExitAsync().WaitAsync(StopLimit);
        using var verify = Process.Start(new ProcessStartInfo("dotnet", ["exec", _program, "journal", "verify", _data]) { RedirectStandardOutput = true })!;
        string said = (await verify.StandardOutput.ReadToEndAsync()).Trim().ReplaceLineEndings(", ");
        await verify.WaitForExitAsync();
        bool isClean = _process.ExitCode == 0 && verify.ExitCode == 0;
        return new Finding("the gateway stops in order and its journal verifies", isClean ? said : $"exit {_process.ExitCode}; journal verify: exit {verify.ExitCode}, {said}", isClean);
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
        Delete(_data);
        return ValueTask.CompletedTask;
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"^hotpath ready (?<api>https://\S+) admin (?<admin>http://\S+) pid (?<pid>\d+)$")]
    private static partial Regex ReadyLine();
}
