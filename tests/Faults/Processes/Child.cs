using System.Collections.Concurrent;
using System.Diagnostics;

namespace HotPath.Faults.Processes;

/// <summary>How a process ended.</summary>
/// <param name="Code">Its exit code; 128 and more: the signal that ended it.</param>
/// <param name="At">When, by this machine's real clock.</param>
internal readonly record struct Ended(int Code, DateTimeOffset At);

/// <summary>A process that was started here: what it says, when it is ready, how it ends.</summary>
internal sealed class Child : IDisposable
{
    // Enough to see why it stopped; a stopped gateway says that in its last line.
    private const int LinesKept = 60;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<string?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Ended> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, bool> _isReady;

    private Child(ProcessStartInfo start, Func<string, bool> isReady)
    {
        _isReady = isReady;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Exited += (_, _) =>
        {
            _ended.TrySetResult(new Ended(_process.ExitCode, DateTimeOffset.UtcNow));
            _ready.TrySetResult(null);
        };
    }

    internal int Id => _process.Id;

    /// <summary>The line that says it is ready; null when it ended before.</summary>
    internal Task<string?> Ready => _ready.Task;

    internal Task<Ended> Ended => _ended.Task;

    internal bool HasEnded => _ended.Task.IsCompleted;

    /// <summary>The last lines it wrote.</summary>
    internal IReadOnlyList<string> Lines => [.. _lines];

    internal string LastLine => _lines.LastOrDefault() ?? "it said nothing";

    /// <summary>Starts <paramref name="command"/>; its first word is the program.</summary>
    internal static Child Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, Func<string, bool> isReady)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        var child = new Child(start, isReady);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Sends a signal, by its name without SIG.</summary>
    internal void Signal(string name)
    {
        if (!HasEnded)
        {
            Tool.Try("kill", "-" + name, $"{Id}");
        }
    }

    /// <summary>kill -9, and waits for the end.</summary>
    internal async Task KillAsync()
    {
        Signal("KILL");
        await Ended;
    }

    /// <summary>Every thread is stopped (T) or held by its tracer (t): no system call of it is under way.</summary>
    internal bool IsStandingStill
    {
        get
        {
            try
            {
                return !HasEnded && Directory.GetDirectories($"/proc/{Id}/task").All(task =>
                {
                    string stat = File.ReadAllText(Path.Combine(task, "stat"));
                    return stat[stat.LastIndexOf(')') + 2] is 'T' or 't';
                });
            }
            catch (IOException)
            {
                // A thread ended in between.
                return false;
            }
        }
    }

    public void Dispose()
    {
        if (!HasEnded)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
        {
            return;
        }
        _lines.Enqueue(line);
        while (_lines.Count > LinesKept)
        {
            _lines.TryDequeue(out _);
        }
        if (_isReady(line))
        {
            _ready.TrySetResult(line);
        }
    }
}
