namespace HotPath.Core.Model;

/// <summary>What a reconciliation is about (recon_type).</summary>
public enum ReconType : byte
{
    None = 0,

    /// <summary>01: payments.</summary>
    Trade = 1,

    /// <summary>02: refunds.</summary>
    Refund = 2,
}

public static class ReconTypes
{
    public static readonly ReconType[] All = [ReconType.Trade, ReconType.Refund];

    /// <summary>What <c>01</c> and <c>02</c> stand for; None for anything else.</summary>
    public static ReconType Parse(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("01"u8) ? ReconType.Trade : text.SequenceEqual("02"u8) ? ReconType.Refund : ReconType.None;

    /// <summary>As it stands in names of files.</summary>
    public static string Name(ReconType type) => type == ReconType.Trade ? "TRADE" : "REFUND";
}
