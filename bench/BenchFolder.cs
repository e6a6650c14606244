using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Runtime;

namespace HotPath.Bench;

/// <summary>A folder of one benchmark, beside the program and not in /tmp, which is often memory: fdatasync must mean something.</summary>
internal sealed class BenchFolder : IDisposable
{
    public BenchFolder()
    {
        Path = System.IO.Path.Combine(AppContext.BaseDirectory, "bench-data", System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    /// <summary>
    /// Small index memory: FASTER allocates a page frame once and then goes round, and the rounds are what is measured. No checkpoint falls into
    /// a measurement: <c>grow</c> measures those. And no machine that does other things too makes the disk slow, which would refuse what is measured.
    /// </summary>
    public EmbeddedLedgerOptions LedgerOptions => new()
    {
        DataDirectory = Path,
        MaxTrades = 2_000_000,
        IndexMemoryBytes = 8L << 20,
        CheckpointEveryRecords = 100_000_000,
        CheckpointInterval = TimeSpan.FromDays(1),
        SlowStep = TimeSpan.FromDays(1),
    };

    /// <summary>A ledger's index and journal without its thread.</summary>
    public RecoveredLedger OpenParts()
    {
        EmbeddedLedgerOptions options = LedgerOptions;
        return new LedgerRecovery(options, FileStorage.Instance, new FasterIndexFactory(options, FileStorage.Instance, ThreadScheduler.Instance), ThreadScheduler.Instance, TimeProvider.System, static _ => { }).Recover();
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
