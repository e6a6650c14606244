using BenchmarkDotNet.Attributes;

namespace HotPath.Bench;

/// <summary>The ledger with many callers at once, as group commit wants it. Times are per call; bytes are the gate's to count.</summary>
// Counted runs: every call leaves a trade behind, and an open-ended number of them would fill the ledger.
[WarmupCount(3)]
[IterationCount(10)]
[InvocationCount(1, 1)]
public class LedgerBenchmarks
{
    private const int Calls = 2048;

    private BenchCorridor _corridor = null!;
    private Callers _claims = null!;
    private Callers _records = null!;
    private int _claimed;
    private int _recorded;

    /// <summary>Callers at once.</summary>
    [Params(1, 64, 256)]
    public int Concurrency { get; set; } = 64;

    [GlobalSetup]
    public void Open()
    {
        _corridor = new BenchCorridor();
        var claims = new TradeMaker(_corridor.Ledger, 'c');
        var records = new TradeMaker(_corridor.Ledger, 'r');
        _claims = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Claimer(claims, _corridor.Ledger))]);
        _records = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Recorder(records, _corridor.Ledger))]);
    }

    [GlobalCleanup]
    public void Close() => _corridor.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(Description = "6 claim, durable", OperationsPerInvoke = Calls, Baseline = true)]
    public Task Claim() => _claims.RunAsync(_claimed, _claimed += Calls);

    [Benchmark(Description = "6 + 9 claim and record, each durable", OperationsPerInvoke = Calls)]
    public Task ClaimAndRecord() => _records.RunAsync(_recorded, _recorded += Calls);
}
