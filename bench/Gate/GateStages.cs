namespace HotPath.Bench.Gate;

/// <summary>The stages of a payment and the whole of it, as the gate runs them.</summary>
internal sealed class GateStages : IAsyncDisposable
{
    private const int Concurrency = 64;
    private const int CheapCalls = 20_000;
    private const int SigningCalls = 1_000;
    private const int LedgerCalls = 20_000;
    private const int Payments = 1_500;

    // Two runs to warm up, three to measure; a body can be paid only once, and --why pays once more.
    private const int PaymentRuns = 6;

    private readonly StageBenchmarks _stages = new();
    private readonly RouteBenchmarks _routes = new() { Routes = 8 };
    private readonly BenchCorridor _corridor = new();
    private int _claimed;
    private int _recorded;
    private int _paid;

    public GateStages()
    {
        _stages.Open();
        _routes.Open();
        var claims = new TradeMaker(_corridor.Ledger, 'c');
        var records = new TradeMaker(_corridor.Ledger, 'r');
        var claimers = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Claimer(claims, _corridor.Ledger))]);
        var recorders = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Recorder(records, _corridor.Ledger))]);
        byte[][] bodies = _corridor.SignPayments(Payments * PaymentRuns);
        var payers = new Callers([.. Enumerable.Range(0, Concurrency).Select(_ => new Payer(_corridor, bodies))]);
        All =
        [
            GateStage.Of("2 read", CheapCalls, _stages.Read),
            GateStage.Of("3 signing text", CheapCalls, _stages.SigningText),
            GateStage.Of("3 authenticate", SigningCalls, _stages.Authenticate),
            GateStage.Of("4 fingerprint", CheapCalls, () => _stages.Fingerprint()),
            GateStage.Of("4 validate", CheapCalls, _stages.Validate),
            GateStage.Of("4 code", CheapCalls, _stages.Code),
            GateStage.Of("5 route among equals", CheapCalls, _routes.Choose),
            // No garbage: what has no result stays in the list of what is PENDING, 40 bytes each, until it has one.
            new("6 claim", LedgerCalls, () => claimers.RunAsync(_claimed, _claimed += LedgerCalls)),
            new("6 + 9 claim and record", LedgerCalls, () => recorders.RunAsync(_recorded, _recorded += LedgerCalls)),
            GateStage.Of("7 ring hop", CheapCalls, _stages.RingHop),
            GateStage.Of("8 sign, bare", SigningCalls, () => _stages.Sign()),
            GateStage.Of("8 sign final answer", SigningCalls, _stages.SignFinal),
            GateStage.Of("10 repeat answer", CheapCalls, _stages.Repeat),
            new("2 to 10 whole pipeline", Payments, () => payers.RunAsync(_paid, _paid += Payments)),
        ];
    }

    public IReadOnlyList<GateStage> All { get; }

    public async ValueTask DisposeAsync()
    {
        _stages.Close();
        await _corridor.DisposeAsync();
    }
}
