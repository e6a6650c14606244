using System.Diagnostics;

namespace HotPath.Faults.Processes;

/// <summary>A program of the system that brings a fault about, or undoes one.</summary>
/// <param name="Name">What it is called on the command line, or the file that must be there.</param>
/// <param name="Package">Debian's package that has it.</param>
internal sealed record Tool(string Name, string Package)
{
    internal static readonly Tool Strace = new("strace", "strace");
    internal static readonly Tool Mount = new("mount", "mount");
    internal static readonly Tool Loop = new("losetup", "mount");
    internal static readonly Tool Ext4 = new("mkfs.ext4", "e2fsprogs");
    internal static readonly Tool Limits = new("prlimit", "util-linux");
    internal static readonly Tool FakeTime = new("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "libfaketime");

    /// <summary>What a process is started with so that its wall clock is off by what the file says, and its monotonic one goes on as it is.</summary>
    internal static Dictionary<string, string> WallClockOf(string file) => new()
    {
        ["LD_PRELOAD"] = FakeTime.Name,
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["DONT_FAKE_MONOTONIC"] = "1",
        // Meant for older C libraries: with this one each wait for a time ends at once, and every waiting thread spins.
        ["FAKETIME_FORCE_MONOTONIC_FIX"] = "0",
    };

    /// <summary>What is missing, as a line for people; null when everything is there.</summary>
    internal static string? Missing(IEnumerable<Tool> needed)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "real faults need root";
        }
        Tool[] missing = [.. needed.Where(tool => !tool.IsThere)];
        return missing.Length == 0
            ? null
            : $"missing: {string.Join(", ", missing.Select(tool => tool.Name))} (apt-get install {string.Join(' ', missing.Select(tool => tool.Package).Distinct())})";
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It ended with another code than 0; says what it said.</exception>
    internal static string Run(string program, params string[] arguments)
    {
        (int code, string said) = Call(program, arguments);
        return code == 0 ? said : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {code}: {said}");
    }

    /// <summary>Runs a program to its end; false when it failed.</summary>
    internal static bool Try(string program, params string[] arguments) => Call(program, arguments).Code == 0;

    private bool IsThere => Path.IsPathRooted(Name)
        ? File.Exists(Name)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, Name)));

    private static (int Code, string Said) Call(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said + errors.Result);
    }
}
