namespace HotPath.Faults.Processes;

/// <summary>
/// F63: the whole process stands still for five seconds in the middle of its load, as under a long pause of the machine. Afterwards everything
/// under way ends, nothing that is said is false, and the engine goes on.
/// </summary>
internal sealed class StopKind : FaultKind
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LoadAfter = TimeSpan.FromSeconds(1.5);

    internal override string Name => "pause";

    internal override string About => "SIGSTOP for 5 s under load, then SIGCONT: everything ends, nothing false is said, the engine goes on (F63)";

    internal override (int Short, int Long) Points => (1, 15);

    internal override int PointsABatch => 5;

    internal override IReadOnlyList<Tool> Tools => [];

    internal override Task BeginAsync(Rig rig)
    {
        // The pause itself, and what a call may take otherwise.
        rig.LongestCall += Pause;
        return Task.CompletedTask;
    }

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        point.Fault = "SIGSTOP for 5 s";
        if (rig.Gateway is not { HasEnded: false } && !await rig.StartAsync())
        {
            point.Expect(false, "F06", $"it does not start: {rig.Gateway!.LastLine}");
            return;
        }
        TimeSpan before = TimeSpan.FromMilliseconds(point.Random.Next(200, 1000));
        Task load = rig.LoadAsync(point.Seed, before + Pause + LoadAfter);
        await Task.Delay(before);
        rig.Mark(point.Fault);
        rig.Gateway!.Signal("STOP");
        await Task.Delay(Pause);
        rig.Gateway.Signal("CONT");
        rig.Mark("SIGCONT");
        await load;
        point.HasStruck = true;
        point.Expect(!rig.Gateway.HasEnded, "F63", $"the process ended: {rig.Gateway.LastLine}");
        point.Expect(rig.Gateway.HasEnded || await rig.IsServingAsync(point.Random), "F63", "no payment is taken afterwards");
    }
}
