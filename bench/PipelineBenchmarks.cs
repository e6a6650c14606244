using BenchmarkDotNet.Attributes;

namespace HotPath.Bench;

/// <summary>Body in, answer out, 64 callers at once, every request new and signed in advance. Time per payment; bytes are the gate's to count.</summary>
public class PipelineBenchmarks
{
    private const int Payments = 512;
    private const int Concurrency = 64;

    private BenchCorridor _corridor = null!;
    private Callers _payers = null!;
    private readonly byte[][] _bodies = new byte[Payments][];

    [GlobalSetup]
    public void Open()
    {
        _corridor = new BenchCorridor();
        _payers = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Payer(_corridor, _bodies))]);
    }

    [GlobalCleanup]
    public void Close() => _corridor.DisposeAsync().AsTask().GetAwaiter().GetResult();

    // Signed between the measurements: a body can be paid only once.
    [IterationSetup]
    public void SignBodies() => _corridor.SignPayments(Payments).CopyTo(_bodies, 0);

    [Benchmark(Description = "2 to 10, whole pipeline", OperationsPerInvoke = Payments)]
    public Task Pay() => _payers.RunAsync(0, Payments);
}
