using BenchmarkDotNet.Attributes;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Bench;

/// <summary>The ledger with many callers at once, as group commit wants it. Times are per call.</summary>
[MemoryDiagnoser]
public class LedgerBenchmarks
{
    private const int Calls = 4096;
    private const int JournalBatchBytes = 64 * 1024;

    private readonly byte[] _batch = new byte[JournalBatchBytes];
    private readonly byte[] _reqId = "B0"u8.ToArray();
    private readonly Trade _recalled = new();
    private Corridor _corridor = null!;
    private Callers _claims = null!;
    private Callers _records = null!;
    private IJournalFile _file = null!;
    private string _path = "";
    private int _claimed;
    private int _recorded;

    /// <summary>Callers at once.</summary>
    [Params(1, 64, 256)]
    public int Concurrency { get; set; } = 64;

    [GlobalSetup]
    public void Open()
    {
        _corridor = new Corridor();
        var claims = new TradeMaker(_corridor.Ledger, 'c');
        var records = new TradeMaker(_corridor.Ledger, 'r');
        _claims = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Claimer(claims, _corridor.Ledger))]);
        _records = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Recorder(records, _corridor.Ledger))]);
        _path = Path.Combine(AppContext.BaseDirectory, Path.GetRandomFileName());
        _file = FileStorage.Instance.Create(_path);
        _file.WriteAt(_batch, 0);
        _file.Sync();
    }

    [GlobalCleanup]
    public void Close()
    {
        _file.Dispose();
        File.Delete(_path);
        _corridor.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark(Description = "4 recall, unknown")]
    public ValueTask<ReqIdState> Recall() => _corridor.Ledger.RecallAsync(_corridor.InstitutionRecord.InstId, _reqId, default, _recalled);

    [Benchmark(Description = "6 claim", OperationsPerInvoke = Calls)]
    public Task Claim() => _claims.RunAsync(_claimed, _claimed += Calls);

    [Benchmark(Description = "6 + 9 claim and record", OperationsPerInvoke = Calls)]
    public Task ClaimAndRecord() => _records.RunAsync(_recorded, _recorded += Calls);

    /// <summary>What the disk asks for one batch of 64 KiB, without the ledger around it.</summary>
    [Benchmark(Description = "write + fdatasync 64 KiB")]
    public void WriteAndSync()
    {
        _file.WriteAt(_batch, 0);
        _file.Sync();
    }
}
