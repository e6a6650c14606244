using System.Text.Json.Serialization;

namespace HotPath.Core.Recon;

/// <summary>What is to be known of a finished file, without reading it. Lies beside it and makes it count: a file without these was never finished.</summary>
internal sealed record ReconFileFacts
{
    /// <summary>Rows without header and END line.</summary>
    public required long RecordCount { get; init; }

    /// <summary>As the answer says it: see <see cref="CurrencySums.ToJson"/>.</summary>
    public required string AmountSummary { get; init; }

    /// <summary>Of all bytes, 64 small hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Which rows it was made of.</summary>
    public required RowSpan Rows { get; init; }
}

/// <summary>
/// Which results a file is made of: those of its day that were on record when it was built, and those of the day before that were recorded after that day's
/// own file was built. So a finished file never changes and no result is in none.
/// </summary>
/// <param name="OfDay">Where the rows of the day ended; from the first.</param>
/// <param name="CarriedFrom">Where, among the rows of the day before, those begin that are not in that day's file.</param>
/// <param name="CarriedTo">Where they ended.</param>
internal readonly record struct RowSpan(long OfDay, long CarriedFrom, long CarriedTo)
{
    /// <summary>How much that is, in the same measure.</summary>
    internal long Length => OfDay + CarriedTo - CarriedFrom;

    /// <summary>It has rows of the day before.</summary>
    internal bool IsCarrying => CarriedTo > CarriedFrom;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = false)]
[JsonSerializable(typeof(ReconFileFacts))]
internal sealed partial class ReconJson : JsonSerializerContext;
