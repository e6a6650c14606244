using System.Diagnostics;
using System.Text.RegularExpressions;

namespace HotPath.Host.Tests.Crash;

/// <summary>The built program as its own process, started and killed as an operator or a power cut would.</summary>
internal sealed partial class SandboxProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private readonly List<string> _errors;

    private SandboxProcess(Process process, List<string> errors, Uri api, Uri admin)
    {
        _process = process;
        _errors = errors;
        Api = api;
        Admin = admin;
    }

    internal Uri Api { get; }

    /// <summary>Root of the operators' listener.</summary>
    internal Uri Admin { get; }

    internal int Id => _process.Id;

    /// <summary>What it has written to stderr so far: its log.</summary>
    internal string Log
    {
        get
        {
            lock (_errors)
            {
                return string.Join('\n', _errors);
            }
        }
    }

    /// <summary>Starts <c>hotpath sandbox</c> on free ports and waits for its ready line.</summary>
    /// <param name="folder">Of everything it keeps.</param>
    /// <param name="more">Options of its own.</param>
    internal static async Task<SandboxProcess> StartAsync(string folder, params string[] more)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                "exec", Path.Combine(AppContext.BaseDirectory, "hotpath.dll"), "sandbox", "--data", folder,
                "--port", "0", "--admin-port", "0", "--no-demo",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Array.ForEach(more, start.ArgumentList.Add);
        // A simulator of its own has a latency of its own.
        if (!more.Contains("--channel-url"))
        {
            start.ArgumentList.Add("--channel-latency");
            start.ArgumentList.Add("5ms");
        }
        Process process = Process.Start(start)!;
        var errors = new List<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.Add(line.Data ?? "");
            }
        };
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(StartLimit);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (ReadyLine().Match(line) is { Success: true } ready)
            {
                return new SandboxProcess(process, errors, new Uri(ready.Groups[1].Value), new Uri(ready.Groups[2].Value));
            }
        }
        await process.WaitForExitAsync(limit.Token);
        throw new InvalidOperationException($"hotpath exited with {process.ExitCode} before it was ready: {string.Join('\n', errors)}");
    }

    /// <summary>kill -9: no handler runs, no buffer is flushed.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    internal async Task<int> TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    [GeneratedRegex(@"^hotpath ready (https://\S+) admin (http://\S+) pid \d+$")]
    private static partial Regex ReadyLine();
}
