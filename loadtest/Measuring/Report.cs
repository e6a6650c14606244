using System.Globalization;
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

    /// <summary>Answers of 0000, 0001 and B codes: what the costs of a payment are divided by.</summary>
    public required long Outcomes { get; init; }

    public required IReadOnlyDictionary<string, long> Codes { get; init; }

    public required Latency FromIntended { get; init; }

    public required Latency FromSend { get; init; }

    public required Latency SendLag { get; init; }

    public required long SignaturesVerified { get; init; }

    public required int TradesQueried { get; init; }

    /// <summary>CPU of this process a payment with an outcome; null when there was none.</summary>
    public required double? GeneratorCpuMicroseconds { get; init; }

    public CryptoCost Crypto { get; init; }

    public CryptoCost? CryptoByOpensslSpeed { get; init; }

    public required ServerSide Server { get; init; }

    public Machine? Machine { get; init; }

    /// <summary>The command line that measured it.</summary>
    public required string Command { get; init; }

    /// <summary>The limits it was held against; empty without an SLO file.</summary>
    public IReadOnlyList<SloVerdict> Slo { get; init; } = [];

    public required IReadOnlyList<TimelineSecond> Timeline { get; init; }

    [JsonIgnore]
    public int ExitCode => Verdicts.ExitCodeOf(Verdict);
}

/// <summary>What a run may be called.</summary>
internal static class Verdicts
{
    public const string Ok = "OK";

    /// <summary>An answer or a trade was not what it had to be.</summary>
    public const string Mismatch = "MISMATCH";

    /// <summary>The numbers are worthless: the generator was late (the latencies are its own), nothing arrived, or no signature was verified.</summary>
    public const string Invalid = "INVALID";

    /// <summary>Answers and generator were as they must be; a limit of the SLO was not kept, or not one payment got an outcome.</summary>
    public const string Breach = "BREACH";

    /// <summary>Largest p99 of the generator's own lateness.</summary>
    public static readonly TimeSpan MaxSendLag = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// The verdict on a run and why. What makes a number worthless is said before what the number says. Refusals beside outcomes are none of its
    /// business, for overload may be what is asked for; a limit of the SLO says how many are too many.
    /// </summary>
    public static (string Verdict, IReadOnlyList<string> Reasons) On(RunRecord record, AnswerCheck check, IReadOnlyList<SloVerdict>? limits = null)
    {
        if (record.Mismatches.Count > 0)
        {
            return (Mismatch, record.Mismatches);
        }
        if (Lateness(record) is { } late)
        {
            return (Invalid, [late]);
        }
        if (record.Offered == 0)
        {
            return (Invalid, ["no payment arrived in the measured time"]);
        }
        IEnumerable<string> unpaid = record.Outcomes > 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"none of {record.Offered} payments got an outcome")];
        string[] breaches = [.. unpaid, .. (limits ?? []).Where(static limit => limit.IsKept == false).Select(static limit => $"{limit.What} {limit.Measured}, limit {limit.Limit}")];
        if (breaches.Length > 0)
        {
            return (Breach, breaches);
        }
        return check.Gateway is not null && record.Verified == 0 ? (Invalid, ["no answer's signature was verified"]) : (Ok, []);
    }

    /// <summary>What to say of a generator that was late; null: it was in time.</summary>
    public static string? Lateness(RunRecord record)
    {
        double lagMs = Latency.Of(record.SendLag).P99;
        return lagMs > MaxSendLag.TotalMilliseconds
            ? FormattableString.Invariant($"the generator's p99 of send lag is {lagMs:F1} ms, more than {MaxSendLag.TotalMilliseconds} ms")
            : null;
    }

    /// <summary>2 (usage) and 3 (no gateway) come before there is a verdict.</summary>
    public static int ExitCodeOf(string verdict) => verdict switch { Ok => 0, Mismatch => 1, Invalid => 4, _ => 5 };
}
