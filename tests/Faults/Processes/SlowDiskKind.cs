namespace HotPath.Faults.Processes;

/// <summary>
/// F21: a disk that has not failed and takes 300 ms or 2 s for every sync. Every call ends in its time, payments that would only queue are
/// refused soon, and service is back when the disk is.
/// </summary>
internal sealed class SlowDiskKind : FaultKind
{
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(9);

    internal override string Name => "slow-disk";

    internal override string About => "each sync takes 300 ms or 2 s for six seconds: every call ends in time, A001 instead of a queue, service back (F21)";

    internal override (int Short, int Long) Points => (1, 16);

    internal override int PointsABatch => 4;

    internal override Task BeginAsync(Rig rig)
    {
        // The answer budget of 2.5 s, one sync that was under way, and room for a busy machine.
        rig.LongestCall = TimeSpan.FromSeconds(7);
        return Task.CompletedTask;
    }

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        int delayMs = point.Number % 2 == 0 ? 300 : 2000;
        int first = 20 + point.Random.Next(20);
        int count = 6000 / delayMs;
        point.Fault = $"{count} syncs take {delayMs} ms more, from the {first}th on";
        rig.Mark(point.Fault);
        var injection = new Injection("fdatasync", $"delay_enter={delayMs * 1000}", $"{first}..{first + count - 1}", DataFiles.Journal(rig.Data));
        if (!await rig.StartAsync(injection.Prefix(rig.TraceFile)))
        {
            point.Expect(false, "F06", $"it does not start: {rig.Gateway!.LastLine}");
            return;
        }
        await rig.LoadAsync(point.Seed, LoadTime);
        point.HasStruck = Injection.Struck(rig.TraceFile).Count > 0;
        point.Expect(!rig.Gateway!.HasEnded, "F21", $"the process ended: {rig.Gateway.LastLine}");
        point.Expect(rig.Gateway.HasEnded || await rig.IsServingAsync(point.Random), "F21", "the disk is quick again, and no payment is taken");
        await rig.KillAsync();
    }
}
