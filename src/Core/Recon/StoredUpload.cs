using System.Text.Json.Serialization;

namespace HotPath.Core.Recon;

/// <summary>An uploaded result as it is kept: what was sent, what was answered, and what recognises a repetition.</summary>
internal sealed record StoredUpload
{
    public required string ReconId { get; init; }

    public required string InstId { get; init; }

    public required string ReqId { get; init; }

    /// <summary>SHA-256 of what a repetition has in common with its first (protocol, section 3), hexadecimal.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>From 1; the highest of a file counts.</summary>
    public required int Version { get; init; }

    public required string SettleDate { get; init; }

    public required string ReconType { get; init; }

    public required string ReconResult { get; init; }

    public required string TotalCount { get; init; }

    public required string AmountSummary { get; init; }

    public required string FileHash { get; init; }

    public required string DiffCount { get; init; }

    public string? DiffList { get; init; }

    public required string DiffCheck { get; init; }

    /// <summary>The whole signed answer: a repetition gets these bytes.</summary>
    public required string Answer { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredUpload))]
internal sealed partial class UploadJson : JsonSerializerContext;
