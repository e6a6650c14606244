using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary>
/// F20: a write that is cut short. The limit of the size of files (RLIMIT_FSIZE) is set to a place within the journal's segment while
/// payments go on: the write that reaches it is done as far as it goes and says so, and the rest of it fails.
/// </summary>
internal sealed class ShortWriteKind : FaultKind
{
    private const int LedgerFailed = 70;

    // 128 and SIGXFSZ.
    private const int EndedBySignal = 153;

    // It ends when the process does; so long only where the machine is slow.
    private static readonly TimeSpan LoadLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopLimit = WriteErrorKind.StopLimit;

    internal override string Name => "short-write";

    internal override string About => "a journal write that is cut short at any byte: nothing of the batch is acknowledged, stop within 1 s (F20)";

    internal override (int Short, int Long) Points => (3, 50);

    internal override IReadOnlyList<Tool> Tools => [Tool.Limits];

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        // In the first half of a segment: in the second the next one is made, which does not fit under the limit, and payments are refused before
        // any write of theirs is short.
        int limit = point.Random.Next(8 * 1024, rig.Setup.SegmentKib * 1024 / 2);
        point.Fault = $"no write beyond offset {limit.ToString(CultureInfo.InvariantCulture)}";
        rig.Mark(point.Fault);
        // The signal that comes with the failing write would end the process, as kill -9 does; ignored, the failure is seen.
        if (!await rig.StartAsync(point.Number % 2 == 0 ? ["env", "--ignore-signal=XFSZ"] : []))
        {
            point.Expect(false, "F06", $"it does not start: {rig.Gateway!.LastLine}");
            return;
        }
        Task load = rig.LoadAsync(point.Seed, LoadLimit);
        await Task.Delay(point.Random.Next(50, 300));
        double begin = rig.NowMs;
        Tool.Run("prlimit", "--pid", $"{rig.Gateway!.Id}", $"--fsize={limit.ToString(CultureInfo.InvariantCulture)}");
        await load;
        point.HasStruck = rig.Gateway.HasEnded;
        if (point.HasStruck)
        {
            Ended ended = await rig.Gateway.Ended;
            point.ExitCode = ended.Code;
            point.Expect(ended.Code == (point.Number % 2 == 0 ? LedgerFailed : EndedBySignal), "F20", $"the process ended with {ended.Code}: {rig.Gateway.LastLine}");
            point.TimeToStop = rig.FirstUnanswered(begin) is { } first ? TimeSpan.FromMilliseconds(Math.Max(0, rig.GatewayEndedAtMs - first)) : TimeSpan.Zero;
            point.Expect(point.TimeToStop <= StopLimit, "F20", $"calls are cut for {point.TimeToStop?.TotalSeconds:F1} s and the process goes on");
        }
        else
        {
            point.Expect(await rig.IsServingAsync(point.Random), "F20", "the process goes on and does not serve");
        }
        await rig.KillAsync();
    }
}
