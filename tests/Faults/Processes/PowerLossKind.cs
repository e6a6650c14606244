namespace HotPath.Faults.Processes;

/// <summary>
/// F07: the power goes. The data directory is an ext4 in a file; under load the process is made to stand still, at a random moment or exactly
/// before a write or a sync, the file is copied, the process killed, and the copy is the disk of the next start. The channel keeps its power.
/// </summary>
internal sealed class PowerLossKind : FaultKind
{
    private const int ImageMib = 48;
    private static readonly TimeSpan LoadLimit = TimeSpan.FromSeconds(2);

    private ImageDisk? _disk;

    internal override string Name => "power-loss";

    internal override string About => "power loss under load: what is in the page cache is gone, what was acknowledged is not (F07)";

    internal override (int Short, int Long) Points => (6, 150);

    internal override IReadOnlyList<Tool> Tools => [Tool.Strace, Tool.Mount, Tool.Loop, Tool.Ext4];

    internal override Task BeginAsync(Rig rig)
    {
        _disk = new ImageDisk(rig.Data, Path.Combine(rig.Root, "disk.img"), ImageMib);
        _disk.Mount();
        return Task.CompletedTask;
    }

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        // Early calls of a thread are in recovery, later ones in load.
        string? call = (point.Number % 3) switch { 0 => "fdatasync", 1 => "pwrite64", _ => null };
        string when = $"{1 + (point.Number / 3 * 7 % 60)}";
        point.Fault = call is null ? "power loss at a random moment" : $"power loss at {call} {when}";
        rig.Mark(point.Fault);
        Injection? injection = call is null ? null : new Injection(call, "signal=STOP", when, []);
        Task<bool> starting = rig.StartAsync(injection?.Prefix(rig.TraceFile));
        TimeSpan underLoad = call is null ? TimeSpan.FromMilliseconds(point.Random.Next(50, 1500)) : LoadLimit;
        Task<string> cut = CutAsync(rig.Gateway!, underLoad);
        if (await starting)
        {
            await rig.LoadAsync(point.Seed, LoadLimit + LoadLimit);
        }
        string copy = await cut;
        point.HasStruck = true;
        point.ExitCode = (await rig.KillAsync()).Code;
        _disk!.ReplaceBy(copy);
    }

    internal override void Clear(Rig rig)
    {
        if (rig.Gateway is { HasEnded: false })
        {
            rig.KillAsync().GetAwaiter().GetResult();
        }
        _disk?.Unmount();
    }

    /// <summary>Waits until the process stands still, or makes it once its load has lasted; then copies the disk and kills.</summary>
    private async Task<string> CutAsync(Child gateway, TimeSpan underLoad)
    {
        var watch = new System.Diagnostics.Stopwatch();
        while (!gateway.IsStandingStill && watch.Elapsed < underLoad)
        {
            await Task.Delay(2);
            if (gateway.Ready.IsCompleted && !watch.IsRunning)
            {
                watch.Start();
            }
        }
        gateway.Signal("STOP");
        while (!gateway.IsStandingStill)
        {
            await Task.Delay(2);
        }
        string copy = _disk!.CopyOfAMoment();
        await gateway.KillAsync();
        return copy;
    }
}
