using HotPath.Faults.Simulation;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>A virtual disk without faults, for tests of the disk itself.</summary>
internal sealed class VirtualBench : IDisposable
{
    private static readonly Plan Plan = Plan.Draw(1, payments: 1) with { Faults = FaultKinds.None };

    private readonly EventLoop _loop = new(new Chance(1));

    internal VirtualBench()
    {
        Storage = New();
    }

    internal VirtualDisk Disk { get; } = new();

    /// <summary>The disk as the process sees it.</summary>
    internal VirtualStorage Storage { get; private set; }

    public void Dispose() => _loop.Dispose();

    /// <summary>The machine loses its power, and of what was not synced the part that chance decides.</summary>
    internal void LosePower(ulong seed)
    {
        Disk.LosePower(new Chance(seed));
        Storage = New();
    }

    private VirtualStorage New() =>
        new(Disk, new Life(_loop, "test"), new Troubles(Plan, new Chance(1), new Tally(), _ => { }), new DurableRecords(Disk));
}
