namespace HotPath.Core.Notify;

/// <summary>The notifier's times and limits.</summary>
public sealed record NotifyOptions
{
    /// <summary>Notifications of one institution under way at once. Default 32. Range 1 to 256.</summary>
    // At 32 ms an answer that is 1,000 a second, what one institution is guaranteed to pay (6.2).
    public const int MaxConcurrent = 32;

    /// <summary>Notifications under way at once, over all institutions; beyond it four of each are begun still, so that slow ones cannot take all. Default 512. Range 1 to 4,096.</summary>
    // A page of 10 KB and a connection each.
    public int MaxUnderWay { get; init; } = 512;

    /// <summary>Notifications held in memory, over all institutions; the rest is in the store. Default 200,000. Range 1,000 to 10,000,000.</summary>
    // About 250 bytes each: 50 MB when every institution is away.
    public int MaxInMemory { get; init; } = 200_000;

    /// <summary>How often the store is written while something happens. Default 1 s. Range 10 ms to 60 s.</summary>
    // What was acknowledged since is sent again after a crash. One sync a second beside the journal's hundreds.
    public TimeSpan SaveEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where jitter comes from.</summary>
    public Random Chance { get; init; } = Random.Shared;
}
