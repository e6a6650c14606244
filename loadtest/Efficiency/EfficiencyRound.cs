using HotPath.LoadTest.Measuring;

namespace HotPath.LoadTest.Efficiency;

/// <summary>What one round found. Microseconds are CPU.</summary>
internal sealed record EfficiencyRound
{
    /// <summary>Our own calls of sign and verify, mean of before and after.</summary>
    public required CryptoCost Crypto { get; init; }

    /// <summary><c>openssl speed</c>, mean of before and after; null where there is no openssl program.</summary>
    public required CryptoCost? OpenSsl { get; init; }

    /// <summary>Payments a second in a closed loop, the channel taking 20 ms in the mean.</summary>
    public required double SaturatedPerSecond { get; init; }

    /// <summary>The gateway's process in that phase.</summary>
    public required ServerSide Saturated { get; init; }

    public required double? GeneratorMicroseconds { get; init; }

    /// <summary>Payments a second of the open loop.</summary>
    public required double PartialPerSecond { get; init; }

    /// <summary>The gateway's process in that phase.</summary>
    public required ServerSide Partial { get; init; }

    /// <summary>From the intended start, with a channel that answers at once: all of it is ours.</summary>
    public required Latency Added { get; init; }
}
