namespace HotPath.Faults.Processes;

/// <summary>
/// F19: the disk fills up to a few blocks, under load and before a start. No call hangs; the gateway refuses what it cannot record, goes on
/// answering queries and takes payments again when there is space, or it stops within a second and a restart recovers. With a reserve it
/// refuses before anything fails, unless the disk fills within the second between two looks, as here it sometimes does.
/// </summary>
internal sealed class FullDiskKind(string fileSystem, int reserveMib, Func<string, Disk> make) : FaultKind
{
    private const int Steps = 16;
    private static readonly TimeSpan LoadBefore = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LoadWhenFull = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan StopLimit = WriteErrorKind.StopLimit;

    private Disk? _disk;

    internal override string Name => "full-" + fileSystem;

    internal override string About => $"a full disk ({fileSystem}) in steps of 4 KiB: A001 or stop within 1 s, queries answered, service back with the space (F19)";

    internal override (int Short, int Long) Points => (3, 48);

    internal override int PointsABatch => Steps;

    internal override GatewaySetup Setup(Random random) => base.Setup(random) with { DiskReserveMib = reserveMib };

    internal override IReadOnlyList<Tool> Tools => [Tool.Mount, Tool.Loop, Tool.Ext4];

    internal override Task BeginAsync(Rig rig)
    {
        _disk = make(rig.Data);
        _disk.Mount();
        return Task.CompletedTask;
    }

    internal override async Task StrikeAsync(Rig rig, FaultPoint point)
    {
        // An odd stride walks through all steps and begins in the middle of them.
        int left = point.Number * 5 % Steps;
        bool isBeforeStart = point.Number % 4 == 3;
        point.Fault = $"{left * 4} KiB left{(isBeforeStart ? " before a start" : "")}";
        rig.Mark(point.Fault);
        if (isBeforeStart && rig.Gateway is { HasEnded: false })
        {
            await rig.KillAsync();
        }
        if (rig.Gateway is null or { HasEnded: true })
        {
            await StartAsync(rig, point, isFullAlready: isBeforeStart, left);
        }
        if (!rig.Gateway!.HasEnded)
        {
            await rig.LoadAsync(point.Seed, LoadBefore);
            _disk!.FillUpTo(left);
            await LoadOnFullDiskAsync(rig, point);
        }
        point.HasStruck = true;
        _disk!.GiveSpaceBack();
        rig.Mark("there is space again");
        if (rig.Gateway.HasEnded)
        {
            point.ExitCode = (await rig.Gateway.Ended).Code;
            point.Expect(point.ExitCode is > 0 and < 128, "F19", $"the process ended with {point.ExitCode}: {rig.Gateway.LastLine}");
            point.Expect(await rig.StartAsync(), "F19", $"it does not start although there is space: {rig.Gateway.LastLine}");
        }
        point.Expect(rig.Gateway.HasEnded || await rig.IsServingAsync(point.Random), "F19", "there is space again, and no payment is taken");
    }

    internal override void Clear(Rig rig)
    {
        if (rig.Gateway is { HasEnded: false })
        {
            rig.KillAsync().GetAwaiter().GetResult();
        }
        _disk?.Unmount();
    }

    private async Task StartAsync(Rig rig, FaultPoint point, bool isFullAlready, int left)
    {
        if (isFullAlready)
        {
            _disk!.FillUpTo(left);
        }
        bool isReady = await rig.StartAsync();
        point.Expect(isReady || isFullAlready, "F19", $"it does not start: {rig.Gateway!.LastLine}");
    }

    private static async Task LoadOnFullDiskAsync(Rig rig, FaultPoint point)
    {
        double begin = rig.NowMs;
        await rig.LoadAsync(point.Seed + 1, LoadWhenFull);
        // From the first call that got nothing: that is when somebody noticed.
        if (rig.FirstUnanswered(begin) is { } first)
        {
            point.TimeToStop = TimeSpan.FromMilliseconds(rig.GatewayEndedAtMs - first);
            point.Expect(point.TimeToStop <= StopLimit, "F19", $"calls are cut for {point.TimeToStop?.TotalSeconds:F1} s and the process goes on");
        }
        if (rig.Gateway!.HasEnded)
        {
            return;
        }
        foreach (Order order in rig.Orders.Where(order => order.Final is not null).TakeLast(5))
        {
            string code = (await rig.CallAsync(rig.Caller!, order, rig.Query(order))).Code;
            point.Expect(rig.Gateway.HasEnded || code is "0000", "F19", $"a query on a full disk is answered '{code}'");
        }
    }
}
