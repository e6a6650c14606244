using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>What a difference is (diff_type); as recon_result what all of them are.</summary>
internal enum DiffType : byte
{
    None = 0,

    /// <summary>02 长款: the institution has it and the gateway has not.</summary>
    OursIsMissing = 2,

    /// <summary>03 短款: the gateway has it and the institution has not.</summary>
    TheirsIsMissing = 3,

    /// <summary>04 差异: both have it, and the amounts are not the same.</summary>
    Unequal = 4,
}

/// <summary>One difference that an institution has found. Of refunds, the numbers are refund_id and refund_no.</summary>
internal sealed record Difference(DiffType Type, Currency Currency)
{
    /// <summary>trade_no, or refund_id; default when it was not said, and when it is none that this gateway can have given.</summary>
    internal TradeNo Number { get; init; }

    /// <summary>A number was said, whether or not it can be one of ours.</summary>
    internal bool HasNumber { get; init; }

    /// <summary>out_trade_no, or refund_no; empty when it was not said.</summary>
    internal string OrderNo { get; init; } = "";

    /// <summary>What the institution has, minor units; 0 in 03.</summary>
    internal long InstAmount { get; init; }

    /// <summary>What the gateway's file has, minor units; 0 in 02.</summary>
    internal long GwAmount { get; init; }
}

/// <summary>What the gateway's own book says of a difference (diff_check).</summary>
internal enum DiffCheck : byte
{
    /// <summary>It is one, as it was told.</summary>
    Confirmed = 0,

    /// <summary>It is none: the book has, or has not, what the institution misses, or finds too much.</summary>
    Refuted,

    /// <summary>The book has it as SUCCESS, in the file of another day.</summary>
    OtherDay,

    /// <summary>The book has it, and its result is still open.</summary>
    Pending,
}

internal static class DiffChecks
{
    internal static string Name(DiffCheck check) => check switch
    {
        DiffCheck.Confirmed => "CONFIRMED",
        DiffCheck.Refuted => "REFUTED",
        DiffCheck.OtherDay => "OTHER_DAY",
        _ => "PENDING",
    };
}
