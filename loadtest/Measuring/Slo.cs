using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HotPath.LoadTest.Measuring;

/// <summary>What a run has to keep, read from a file. What the file leaves out is not checked.</summary>
internal sealed record Slo
{
    /// <summary>Interfaces that a file may name: chapter 6.1's rows.</summary>
    public static readonly IReadOnlyList<string> InterfaceNames = ["pay", "query", "refund", "reconciliation"];

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // A misspelt limit would be a limit that nobody checks.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    public string Name { get; init; } = "";

    /// <summary>Latency by interface: pay, query, refund, reconciliation.</summary>
    public IReadOnlyDictionary<string, LatencyLimits> Interfaces { get; init; } = new Dictionary<string, LatencyLimits>();

    /// <summary>Codes that may be answered; any other is a breach.</summary>
    public IReadOnlyList<string>? AllowedCodes { get; init; }

    /// <summary>Answers that told an outcome (0000, 0001, B codes), a second.</summary>
    public double? LeastPerSecond { get; init; }

    /// <summary>Share of arrivals that got no answer, or one that told no outcome. Range 0 to 1.</summary>
    public double? LargestErrorShare { get; init; }

    /// <exception cref="InvalidDataException">Not readable as a list of limits; the message names the member.</exception>
    public static Slo Read(string file) => Parse(File.ReadAllText(file), file);

    internal static Slo Parse(string text, string file)
    {
        try
        {
            Slo slo = JsonSerializer.Deserialize<Slo>(text, Json) ?? throw new JsonException("an SLO file is a JSON object");
            return slo.Fault() is { } fault ? throw new InvalidDataException($"{file}: {fault}") : slo;
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"{file}: {failure.Message}", failure);
        }
    }

    // Null: every limit is one that a run can keep or breach.
    private string? Fault()
    {
        foreach ((string name, LatencyLimits? limits) in Interfaces)
        {
            if (!InterfaceNames.Contains(name))
            {
                return $"interfaces: '{name}' is none of {string.Join(", ", InterfaceNames)}";
            }
            if (limits is null)
            {
                return $"interfaces.{name} must be an object of limits";
            }
            if (limits.Fault() is { } fault)
            {
                return $"interfaces.{name}.{fault}";
            }
        }
        if (LeastPerSecond < 0)
        {
            return "least_per_second must be zero or more";
        }
        return LargestErrorShare is < 0 or > 1 ? "largest_error_share must be 0 to 1" : null;
    }
}

/// <summary>Limits for one interface, from the intended start to the answer, in milliseconds.</summary>
internal sealed record LatencyLimits
{
    public double? AverageMs { get; init; }

    public double? MaxMs { get; init; }

    /// <summary>By percentile: "99": 100.</summary>
    public IReadOnlyDictionary<string, double> PercentilesMs { get; init; } = new Dictionary<string, double>();

    internal string? Fault()
    {
        if (AverageMs <= 0 || MaxMs <= 0)
        {
            return "average_ms and max_ms must be above zero";
        }
        foreach ((string percentile, double limit) in PercentilesMs)
        {
            if (!TryPercentile(percentile, out _) || limit <= 0)
            {
                return $"percentiles_ms: '{percentile}' must be a number above 0 and at most 100, its limit above zero";
            }
        }
        return null;
    }

    internal static bool TryPercentile(string text, out double percentile) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out percentile) && percentile is > 0 and <= 100;
}
