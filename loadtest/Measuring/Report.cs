using System.Text.Json.Serialization;
using HdrHistogram;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Measuring;

/// <summary>A latency distribution in milliseconds.</summary>
internal sealed record Latency(double P50, double P90, double P99, double P999, double Max)
{
    public static Latency Of(LongHistogram microseconds) => microseconds.TotalCount == 0
        ? new Latency(0, 0, 0, 0, 0)
        : new Latency(At(microseconds, 50), At(microseconds, 90), At(microseconds, 99), At(microseconds, 99.9), At(microseconds, 100));

    private static double At(LongHistogram histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / 1000.0;
}

/// <summary>What the gateway's process and metrics say of the measured time. Null: not known.</summary>
internal sealed record ServerSide
{
    /// <summary>CPU of the gateway a payment, µs.</summary>
    public double? CpuMicroseconds { get; init; }

    /// <summary>Own crypto calls ÷ server CPU: 1.00 would be nothing but crypto.</summary>
    public double? Efficiency { get; init; }

    /// <summary>The same against <c>openssl speed</c>, the goal's yardstick.</summary>
    public double? EfficiencyToOpensslSpeed { get; init; }

    /// <summary>Server CPU that is not our calls of sign and verify, µs a payment.</summary>
    public double? RestMicroseconds { get; init; }

    public double? AllocatedBytes { get; init; }

    public double? CommitsPerSecond { get; init; }

    public double? RecordsPerCommit { get; init; }

    public double? CommitMilliseconds { get; init; }

    public double? ResidentMegabytes { get; init; }
}

/// <summary>Everything one run found out.</summary>
internal sealed record Report
{
    public required string Verdict { get; init; }

    public required IReadOnlyList<string> Reasons { get; init; }

    public required string Mode { get; init; }

    /// <summary>Payments a second that were to arrive; null in a closed loop.</summary>
    public double? OfferedRate { get; init; }

    public required double Seconds { get; init; }

    public required int Connections { get; init; }

    public required long Offered { get; init; }

    public required long Done { get; init; }

    public required double DonePerSecond { get; init; }

    public required IReadOnlyDictionary<string, long> Codes { get; init; }

    public required Latency FromIntended { get; init; }

    public required Latency FromSend { get; init; }

    public required Latency SendLag { get; init; }

    public required long SignaturesVerified { get; init; }

    public required int TradesQueried { get; init; }

    public required double GeneratorCpuMicroseconds { get; init; }

    public CryptoCost Crypto { get; init; }

    public CryptoCost? CryptoByOpensslSpeed { get; init; }

    public required ServerSide Server { get; init; }

    public Machine? Machine { get; init; }

    [JsonIgnore]
    public int ExitCode => Verdict switch { Verdicts.Ok => 0, Verdicts.Mismatch => 1, _ => 4 };
}

/// <summary>What a run may be called.</summary>
internal static class Verdicts
{
    public const string Ok = "OK";

    /// <summary>An answer or a trade was not what it had to be.</summary>
    public const string Mismatch = "MISMATCH";

    /// <summary>The generator was late: the latencies are its own, not the gateway's.</summary>
    public const string Invalid = "INVALID";

    /// <summary>Largest p99 of the generator's own lateness.</summary>
    public static readonly TimeSpan MaxSendLag = TimeSpan.FromMilliseconds(5);

    /// <summary>The verdict on a run and why.</summary>
    public static (string Verdict, IReadOnlyList<string> Reasons) On(RunRecord record)
    {
        if (record.Mismatches.Count > 0)
        {
            return (Mismatch, record.Mismatches);
        }
        double lagMs = Latency.Of(record.SendLag).P99;
        return lagMs > MaxSendLag.TotalMilliseconds
            ? (Invalid, [FormattableString.Invariant($"the generator's p99 of send lag is {lagMs:F1} ms, more than {MaxSendLag.TotalMilliseconds} ms")])
            : (Ok, []);
    }
}
