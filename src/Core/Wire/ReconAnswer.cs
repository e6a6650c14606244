namespace HotPath.Core.Wire;

/// <summary>Members of the answers about reconciliation; null where an answer has not that one.</summary>
public sealed record ReconAnswer
{
    public byte[]? AmountSummary { get; init; }

    public byte[]? DiffCheck { get; init; }

    public byte[]? DownloadUrl { get; init; }

    public byte[]? FileName { get; init; }

    /// <summary>hash_type goes with it.</summary>
    public byte[]? HashValue { get; init; }

    public byte[]? ReconId { get; init; }

    public byte[]? RecordCount { get; init; }

    /// <summary>Bytes of all values.</summary>
    internal int Length => new[] { AmountSummary, DiffCheck, DownloadUrl, FileName, HashValue, ReconId, RecordCount }.Sum(value => value?.Length ?? 0);
}
