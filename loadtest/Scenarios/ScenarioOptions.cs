namespace HotPath.LoadTest.Scenarios;

/// <summary>What a scenario can be told. Each says in its own words what its rate and its payments are.</summary>
internal sealed record ScenarioOptions
{
    /// <summary>Length of each measured phase.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Requests a second of the traffic that asks the question.</summary>
    public double Rate { get; init; } = 500;

    public int Connections { get; init; } = 64;

    /// <summary>Of the random arrivals.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Payments to sign at most, where the scenario counts them.</summary>
    public int Payments { get; init; } = 2000;

    /// <summary>Payments a second that the gateway can do here, as ramp-to-saturation found it. Null: not measured.</summary>
    public double? Knee { get; init; }
}
