using System.Diagnostics;

namespace HotPath.Bench.Grow;

/// <summary>A program started to be measured and killed. Its standard output is read line by line.</summary>
internal sealed class GrowChild : IDisposable
{
    private const int ErrorLinesKept = 20;

    private readonly Process _process;
    private readonly long _startedAt;
    private readonly Queue<string> _errors = new();

    private GrowChild(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _startedAt = Stopwatch.GetTimestamp();
        _process = Process.Start(start) ?? throw new IOException($"{program} did not start");
        // Read, so that it never waits for us; shown only when it fails.
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>This program with other arguments.</summary>
    internal static GrowChild Self(params string[] arguments)
    {
        string program = Environment.ProcessPath!;
        bool isDotnet = Path.GetFileNameWithoutExtension(program) == "dotnet";
        return new GrowChild(program, isDotnet ? [typeof(GrowChild).Assembly.Location, .. arguments] : arguments);
    }

    /// <summary>Another .NET program.</summary>
    internal static GrowChild Program(string dll, params string[] arguments) => new("dotnet", ["exec", dll, .. arguments]);

    /// <summary>Since the start of the process.</summary>
    internal double Seconds => Stopwatch.GetElapsedTime(_startedAt).TotalSeconds;

    /// <summary>The next line.</summary>
    /// <exception cref="IOException">The program ended instead.</exception>
    internal async Task<string> ReadLineAsync()
    {
        string? line = await _process.StandardOutput.ReadLineAsync();
        if (line is not null)
        {
            return line;
        }
        await _process.WaitForExitAsync();
        lock (_errors)
        {
            throw new IOException($"{_process.StartInfo.FileName} ended with {_process.ExitCode}: {string.Join(Environment.NewLine, _errors)}");
        }
    }

    /// <summary>kill -9: nothing is closed, flushed or said.</summary>
    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_errors)
        {
            if (line is not null)
            {
                _errors.Enqueue(line);
            }
            while (_errors.Count > ErrorLinesKept)
            {
                _errors.Dequeue();
            }
        }
    }
}
