using BenchmarkDotNet.Attributes;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Bench;

/// <summary>What is under the ledger: the disk, and a look-up that finds nothing, which every payment pays for.</summary>
[MemoryDiagnoser]
public class DiskBenchmarks
{
    private const int BatchBytes = 64 * 1024;

    private readonly byte[] _batch = new byte[BatchBytes];
    private readonly byte[] _reqId = "unknown"u8.ToArray();
    private readonly Trade _recalled = new();
    private BenchCorridor _corridor = null!;
    private IJournalFile _file = null!;
    private BenchFolder _folder = null!;

    [GlobalSetup]
    public void Open()
    {
        _corridor = new BenchCorridor();
        _folder = new BenchFolder();
        _file = FileStorage.Instance.Create(Path.Combine(_folder.Path, "journal"));
        // Zero-filled, as the journal's segments are: extending a file costs twice as much.
        _file.WriteAt(_batch, 0);
        _file.Sync();
    }

    [GlobalCleanup]
    public void Close()
    {
        _file.Dispose();
        _folder.Dispose();
        _corridor.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark(Description = "4 recall, unknown")]
    public ValueTask<ReqIdState> Recall() => _corridor.Ledger.RecallAsync(_corridor.InstitutionRecord.InstId, _reqId, default, _recalled);

    [Benchmark(Description = "9 write + fdatasync 64 KiB")]
    public void WriteAndSync()
    {
        _file.WriteAt(_batch, 0);
        _file.Sync();
    }
}
