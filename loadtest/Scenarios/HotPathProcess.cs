using System.Diagnostics;
using System.Text.RegularExpressions;

namespace HotPath.LoadTest.Scenarios;

/// <summary>A verb of hotpath that stays, as its own process with a folder of its own, which goes with it; or with one that was given, which stays.</summary>
internal sealed class HotPathProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly bool _isFolderOwn;

    private HotPathProcess(Process process, string folder, bool isFolderOwn, Match ready)
    {
        _process = process;
        _isFolderOwn = isFolderOwn;
        Folder = folder;
        Ready = ready;
    }

    public string Folder { get; }

    /// <summary>What it said when it could be called.</summary>
    public Match Ready { get; }

    public int ExitCode => _process.ExitCode;

    /// <param name="program">hotpath.dll.</param>
    /// <param name="parent">Where its own folder is made. Not in /tmp, which is memory on many machines: a sync must mean something.</param>
    /// <param name="arguments">The verb and its options, given the folder.</param>
    /// <param name="ready">The line that says it can be called.</param>
    /// <param name="cancel">Ends the wait for that line.</param>
    /// <param name="given">A folder that others have or will have after it; null: one of its own.</param>
    /// <exception cref="IOException">It did not start.</exception>
    public static async Task<HotPathProcess> StartAsync(
        string program, string parent, Func<string, IEnumerable<string>> arguments, Regex ready, CancellationToken cancel, string? given = null)
    {
        string folder = given ?? Path.Combine(Path.GetFullPath(parent), $"scenario-{Path.GetRandomFileName()}");
        var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, .. arguments(folder)]) { RedirectStandardOutput = true })!;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(StartLimit);
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                if (ready.Match(line) is { Success: true } match)
                {
                    return new HotPathProcess(process, folder, given is null, match);
                }
            }
            throw new IOException("hotpath did not start");
        }
        catch
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
            DeleteOwn(folder, given is null);
            throw;
        }
    }

    /// <summary>Asks it to stop as an operator would, and waits until it has.</summary>
    public async Task StopAsync()
    {
        await SignalAsync("TERM");
        await _process.WaitForExitAsync().WaitAsync(StopLimit);
    }

    public async Task SignalAsync(string name)
    {
        using Process kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
        DeleteOwn(Folder, _isFolderOwn);
        return ValueTask.CompletedTask;
    }

    private static void DeleteOwn(string folder, bool isOwn)
    {
        if (isOwn && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
