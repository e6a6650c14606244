using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary>A fault that strace brings about in a system call.</summary>
/// <param name="Syscalls">Which calls, by strace's names, joined by commas.</param>
/// <param name="Action">What happens to them, as in <c>signal=KILL</c> or <c>error=EIO</c>.</param>
/// <param name="When">Which of them, as in <c>7</c>, <c>7+</c>; each thread counts its own.</param>
/// <param name="Paths">Only calls about one of these files; empty: all.</param>
internal sealed record Injection(string Syscalls, string Action, string When, IReadOnlyList<string> Paths)
{
    /// <summary>What stands before the program's own command line. The process that is started is then the program, and strace its grandchild.</summary>
    // With --seccomp-bpf only the calls that are named here stop for the tracer; but strace 6.1 then loses the signal it is to inject.
    internal IReadOnlyList<string> Prefix(string traceFile) =>
    [
        "strace", "-D", "-f", .. Action.StartsWith("signal", StringComparison.Ordinal) ? Array.Empty<string>() : ["--seccomp-bpf"], "-qq", "-ttt", "-s", "0", "-o", traceFile,
        "--signal=none", "--trace=" + Syscalls, $"--inject={Syscalls}:{Action}:when={When}", .. Paths.SelectMany(path => new[] { "-P", path }),
    ];

    /// <summary>When the fault struck, by the machine's clock.</summary>
    internal static IReadOnlyList<DateTimeOffset> Struck(string traceFile)
    {
        if (!File.Exists(traceFile))
        {
            return [];
        }
        return
        [
            .. File.ReadLines(traceFile)
                .Where(line => line.Contains("(INJECTED)", StringComparison.Ordinal) || line.Contains("(DELAYED)", StringComparison.Ordinal))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])
                .Select(seconds => DateTimeOffset.UnixEpoch.AddSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))),
        ];
    }
}
