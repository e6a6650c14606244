namespace HotPath.LoadTest.Scenarios;

/// <summary>A question about the gateway, the load that asks it, and the answer that is expected.</summary>
internal abstract class Scenario
{
    /// <summary>Every scenario there is.</summary>
    public static readonly IReadOnlyList<Scenario> All =
    [
        new SteadyPay(), new RampToSaturation(), new ReplayStorm(), new BadSignatureFlood(), new SlowChannel(), new OneFloodingInstitution(),
        new MillionUsers(), new IdleConnections(), new HttpChannel(), new QueriesBesidePayments(),
        new BatchQueries(), new ReconBesidePayments(), new NotificationsDrain(), new HungChannel(), new PendingDrain(),
        new DeadReceivers(),
    ];

    /// <summary>As on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it proves, in a sentence.</summary>
    public abstract string Proves { get; }

    /// <summary>What must be seen, in a sentence.</summary>
    public abstract string Expects { get; }

    /// <summary>What it runs with where the command line does not say otherwise.</summary>
    public abstract ScenarioOptions Defaults { get; }

    /// <summary>Starts what it needs, loads it, and puts what it sees into the stage's findings.</summary>
    public abstract Task RunAsync(Stage stage, CancellationToken cancel);
}
