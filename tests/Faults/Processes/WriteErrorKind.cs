using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary>
/// F19, F20: each call that writes fails once, or from then on, with EIO or ENOSPC. The process stops within a second and with a
/// code, or goes on and serves; nothing acknowledged is lost either way.
/// </summary>
internal sealed class WriteErrorKind : FaultKind
{
    /// <summary>F20: nothing is acknowledged that is not on the disk, and nobody waits for a process that cannot go on. Here it ends in a tenth of a second.</summary>
    internal static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);

    // As in KillKind.
    private const int Stride = 7;

    private static readonly TimeSpan LoadLimit = TimeSpan.FromSeconds(2);
    private static readonly string[] Errors = ["EIO", "ENOSPC"];

    // -P keeps errors away from the runtime's own files; of these calls only the data directory's are meant.
    private static readonly (string Call, Func<string, IReadOnlyList<string>> Files, int Most)[] Targets =
    [
        ("pwrite64", static data => DataFiles.Journal(data), 60),
        ("fdatasync", static data => DataFiles.Journal(data), 60),
        ("pwrite64", DataFiles.Written, 0),
        ("fdatasync", DataFiles.Written, 0),
        ("openat", DataFiles.Turns, 0),
        ("rename", static _ => [], 3),
        ("fsync", static _ => [], 6),
        ("ftruncate", static _ => [], 4),
        ("unlink", static _ => [], 2),
    ];

    internal override string Name => "write-error";

    internal override string About => "EIO and ENOSPC at the n-th call that writes, once and from then on: stop within 1 s, or serve (F19, F20)";

    internal override (int Short, int Long) Points => (9, 216);

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        Injection injection = Injection(point, rig.Data);
        rig.Mark(point.Fault);
        bool isReady = await rig.StartAsync(injection.Prefix(rig.TraceFile));
        if (isReady)
        {
            await rig.LoadAsync(point.Seed, LoadLimit);
        }
        await JudgeAsync(rig, point, isReady);
        await rig.KillAsync();
    }

    private static Injection Injection(FaultPoint point, string data)
    {
        int turn = point.Number / Targets.Length;
        (string call, Func<string, IReadOnlyList<string>> of, int most) = Targets[point.Number % Targets.Length];
        string error = Errors[(turn + point.Number) % 2];
        bool isForGood = turn / 2 % 2 == 1;
        IReadOnlyList<string> files = of(data);
        string about = "";
        if (most == 0)
        {
            files = [files[turn % files.Count]];
            about = " of " + Path.GetFileName(files[0]);
        }
        string first = (most == 0 ? 1 : 1 + (turn * Stride % most)).ToString(CultureInfo.InvariantCulture);
        // The first call about a file is no thread's first call: only "from then on" finds it.
        string when = isForGood || most == 0 ? first + "+" : first;
        point.Fault = $"{error} at {call} {when}{about}";
        return new Injection(call, "error=" + error, when, files);
    }

    private static async Task JudgeAsync(Rig rig, FaultPoint point, bool wasReady)
    {
        // A next segment that can never be made is a full disk: refused before anything is written, while everything else is answered. And what
        // these calls ask of the disk may be what it stops at.
        bool isUp = !rig.Gateway!.HasEnded && (await rig.IsServingAsync(point.Random) || await rig.IsRefusingCleanlyAsync(point.Random));
        IReadOnlyList<DateTimeOffset> struck = await StruckAsync(rig);
        point.HasStruck = struck.Count > 0;
        if (!rig.Gateway.HasEnded)
        {
            point.Expect(isUp, "F20", "the process goes on, and neither serves nor refuses with A001 while it answers queries");
            return;
        }
        Ended ended = await rig.Gateway.Ended;
        point.ExitCode = ended.Code;
        point.Expect(point.HasStruck, "F20", $"the process ended with {ended.Code} and no fault had struck: {rig.Gateway.LastLine}");
        point.Expect(ended.Code is > 0 and < 128, "F20", $"the process ended with {ended.Code}: {rig.Gateway.LastLine}");
        if (point.HasStruck && wasReady)
        {
            point.TimeToStop = ended.At - struck[^1];
            point.Expect(point.TimeToStop < StopLimit, "F20", $"the process ended {point.TimeToStop?.TotalSeconds:F1} s after the last failure: {rig.Gateway.LastLine}");
        }
    }

    /// <summary>When it struck. strace, which is not our child, may still be writing its last line.</summary>
    private static async Task<IReadOnlyList<DateTimeOffset>> StruckAsync(Rig rig)
    {
        for (int attempt = 0; ; attempt++)
        {
            IReadOnlyList<DateTimeOffset> struck = Processes.Injection.Struck(rig.TraceFile);
            if (struck.Count > 0 || attempt == 5 || !rig.Gateway!.HasEnded)
            {
                return struck;
            }
            await Task.Delay(100);
        }
    }
}
