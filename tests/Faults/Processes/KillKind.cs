using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary>
/// F01 to F06, F22: kill -9 at the n-th call of each kind that matters, n from the first one of the start on: within recovery, within load,
/// within rolls and checkpoints. And at a random moment while every call of a kind is held up, so that the kill nearly always
/// finds the thread before its write or sync, with all other threads gone on.
/// </summary>
internal sealed class KillKind : FaultKind
{
    private const int KilledBySignal = 128 + 9;
    private static readonly TimeSpan LoadLimit = TimeSpan.FromSeconds(2);

    // How many of a call one thread gets to in a start and two seconds of load; strace counts by thread.
    private static readonly Target[] Targets =
    [
        Target.Nth("pwrite64", 120),
        Target.Nth("fdatasync", 120),
        Target.HeldUp("pwrite64", DataFiles.Journal),
        Target.Nth("sendto", 60),
        Target.First("openat", DataFiles.Turns),
        Target.Nth("recvfrom", 60),
        Target.HeldUp("fdatasync", DataFiles.Journal),
        Target.First("pwrite64", DataFiles.Written),
        Target.Nth("rename", 3),
        Target.Nth("fsync", 6),
        Target.HeldUp("sendto", static _ => []),
        Target.First("fdatasync", DataFiles.Written),
        Target.Nth("unlink", 2),
        Target.Nth("ftruncate", 4),
    ];

    internal override string Name => "kill";

    internal override string About => "kill -9 at the n-th call to the disk or a socket, in recovery, load, rolls and checkpoints (F01-F06, F22)";

    internal override (int Short, int Long) Points => (14, 700);

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        Target target = Targets[point.Number % Targets.Length];
        (Injection injection, point.Fault) = target.At(point.Number / Targets.Length, rig.Data);
        rig.Mark(point.Fault);
        if (await rig.StartAsync(injection.Prefix(rig.TraceFile)))
        {
            TimeSpan limit = target.IsHeldUp ? TimeSpan.FromMilliseconds(point.Random.Next(50, 800)) : LoadLimit;
            Task kill = target.IsHeldUp ? KillAfterAsync(rig, limit) : Task.CompletedTask;
            await rig.LoadAsync(point.Seed, LoadLimit);
            await kill;
        }
        point.HasStruck = rig.Gateway!.HasEnded;
        point.ExitCode = (await rig.KillAsync()).Code;
        point.Expect(!point.HasStruck || point.ExitCode == KilledBySignal, "F01", $"the process ended with {point.ExitCode} before the kill: {rig.Gateway.LastLine}");
    }

    private static async Task KillAfterAsync(Rig rig, TimeSpan time)
    {
        await Task.Delay(time);
        await rig.Gateway!.KillAsync();
    }

    /// <summary>A way to choose the moment.</summary>
    private sealed record Target(string Call, bool IsHeldUp, int Most, Func<string, IReadOnlyList<string>> Files)
    {
        private const string Kill = "signal=KILL";
        private const int HoldUpMs = 40;

        // Prime, so that a few turns already reach from recovery far into the load, and all turns together everywhere.
        private const int Stride = 7;

        /// <summary>At the <c>turn</c>-th call that any thread makes.</summary>
        internal static Target Nth(string call, int most) => new(call, false, most, static _ => []);

        /// <summary>At the first call about one of the files, another one each turn.</summary>
        internal static Target First(string call, Func<string, IReadOnlyList<string>> files) => new(call, false, 0, files);

        /// <summary>At a random moment, every such call held up.</summary>
        internal static Target HeldUp(string call, Func<string, IReadOnlyList<string>> files) => new(call, true, 0, files);

        internal (Injection Injection, string Fault) At(int turn, string data)
        {
            if (IsHeldUp)
            {
                return (new Injection(Call, $"delay_enter={HoldUpMs * 1000}", "1+", Files(data)), $"kill while each {Call} is held up for {HoldUpMs} ms");
            }
            if (Most == 0)
            {
                IReadOnlyList<string> files = Files(data);
                string file = files[turn % files.Count];
                return (new Injection(Call, Kill, "1+", [file]), $"kill at {Call} of {Path.GetFileName(file)}");
            }
            string when = (1 + (turn * Stride % Most)).ToString(CultureInfo.InvariantCulture);
            return (new Injection(Call, Kill, when, []), $"kill at {Call} {when}");
        }
    }
}
