namespace HotPath.Faults.Processes;

/// <summary>
/// F23: the gateway's clock steps by an hour or a day, ahead or back, under load or between a kill and a restart, and back again.
/// Numbers never repeat, requests are remembered, every trade ends.
/// </summary>
internal sealed class ClockKind : FaultKind
{
    // How long libfaketime believes what it read of its file.
    private static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(1.2);

    private static readonly TimeSpan[] Steps =
    [
        TimeSpan.FromHours(1), TimeSpan.FromHours(-1), TimeSpan.FromDays(1), TimeSpan.FromDays(-1),
    ];

    internal override string Name => "clock";

    internal override string About => "the clock steps by +-1 h and +-1 d under load and between restarts, and back: numbers never repeat, req_ids are remembered (F23)";

    internal override (int Short, int Long) Points => (2, 32);

    internal override int PointsABatch => 8;

    internal override IReadOnlyList<Tool> Tools => [Tool.FakeTime];

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        TimeSpan step = Steps[point.Number % Steps.Length];
        bool isOverRestart = point.Number / Steps.Length % 2 == 1;
        point.Fault = $"the clock steps by {step.TotalHours:+0;-0} h{(isOverRestart ? " between a kill and a restart" : " under load")}, and back";
        rig.Mark(point.Fault);
        string file = Path.Combine(rig.Root, "clock");
        Set(file, TimeSpan.Zero);
        if (await StartAsync(rig, point, file))
        {
            await rig.LoadAsync(point.Seed, LoadTime);
            await StepAsync(rig, point, file, step, isOverRestart);
            // Whatever the clock says, these are requests that are known and under way.
            await rig.RepeatOpenAsync();
            await rig.LoadAsync(point.Seed + 1, LoadTime);
            await StepAsync(rig, point, file, TimeSpan.Zero, isOverRestart);
            await rig.LoadAsync(point.Seed + 2, LoadTime);
            point.HasStruck = true;
            point.Expect(!rig.Gateway!.HasEnded, "F23", $"the process ended: {rig.Gateway.LastLine}");
            point.Expect(rig.Gateway.HasEnded || await rig.IsServingAsync(point.Random), "F23", "no payment is taken afterwards");
        }
        point.ExitCode = (await rig.KillAsync()).Code;
    }

    private static async Task StepAsync(Rig rig, FaultPoint point, string file, TimeSpan offset, bool isOverRestart)
    {
        if (isOverRestart)
        {
            await rig.KillAsync();
        }
        Set(file, offset);
        rig.SteppedForward += offset > TimeSpan.Zero ? offset : TimeSpan.Zero;
        // The institutions' clocks are the gateway's: what is to be seen is what a step does to its books, not that it refuses strangers' times.
        rig.Clock = new ShiftedClock(offset);
        if (isOverRestart)
        {
            await StartAsync(rig, point, file);
        }
        else
        {
            // It counts in whole seconds, and looks only when it is asked.
            await Task.Delay(CacheTime * 2.5);
        }
    }

    private static async Task<bool> StartAsync(Rig rig, FaultPoint point, string file)
    {
        bool isReady = await rig.StartAsync(environment: new Dictionary<string, string>(Tool.WallClockOf(file))
        {
            ["FAKETIME_CACHE_DURATION"] = $"{CacheTime.TotalSeconds:0}",
        });
        point.Expect(isReady, "F23", $"it does not start: {rig.Gateway!.LastLine}");
        return isReady;
    }

    private static void Set(string file, TimeSpan offset) => File.WriteAllText(file, $"{offset.TotalSeconds:+0;-0;+0}\n");

    private sealed class ShiftedClock(TimeSpan offset) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
    }
}
