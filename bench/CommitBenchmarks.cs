using BenchmarkDotNet.Attributes;
using FASTER.core;
using HotPath.Bench.Baselines;
using HotPath.Core.Ledger.Embedded;

namespace HotPath.Bench;

/// <summary>
/// One group commit (9): so many records of a RESULT's size are gathered, written and durable. Both sides on the same disk. Time per commit.
/// </summary>
// Counted runs: each of them grows files.
[MemoryDiagnoser]
[WarmupCount(2)]
[IterationCount(10)]
[InvocationCount(32, 1)]
public class CommitBenchmarks
{
    // RESULT with an RSA-2048 signature: 48 B fixed, key_id, the channel's number, 256 B of signature.
    private const int ResultBytes = 340;

    private readonly byte[] _record = new byte[ResultBytes];
    private BenchFolder _folder = null!;
    private RecoveredLedger _ledger = null!;
    private IDevice _device = null!;
    private FasterLog _log = null!;

    /// <summary>Records in a commit: one caller alone, or 256 waiting.</summary>
    [Params(1, 256)]
    public int Records { get; set; } = 1;

    [GlobalSetup]
    public void Open()
    {
        _folder = new BenchFolder();
        _ledger = _folder.OpenParts();
        Random.Shared.NextBytes(_record);
        _device = Devices.CreateLogDevice(Path.Combine(_folder.Path, "faster.log"));
        _log = new FasterLog(new FasterLogSettings
        {
            LogDevice = _device,
            LogCommitManager = new NoCommitFiles(),
            FastCommitMode = true,
            TryRecoverLatest = false,
        });
    }

    [GlobalCleanup]
    public void Close()
    {
        _log.Dispose();
        _device.Dispose();
        _ledger.Close();
        _folder.Dispose();
    }

    [Benchmark(Description = "FasterLog, FastCommitMode, no metadata files", Baseline = true)]
    public async Task FasterLogCommit()
    {
        for (int i = 0; i < Records; i++)
        {
            _log.Enqueue(_record);
        }
        await _log.CommitAsync();
    }

    [Benchmark(Description = "journal: checksums, chain, fdatasync")]
    public void JournalCommit()
    {
        JournalWriter journal = _ledger.Journal;
        for (int i = 0; i < Records; i++)
        {
            journal.Append(RecordType.Result, _record);
        }
        journal.Commit(1);
    }
}
