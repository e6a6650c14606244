namespace HotPath.LoadTest.Running;

/// <summary>Codes and statuses by which a run is judged, as they stand in a record (specification, chapter 7; protocol, section 2).</summary>
internal static class RespCodes
{
    public const string Success = "0000";

    /// <summary>In doubt still: PENDING.</summary>
    public const string Processing = "0001";

    /// <summary>Over capacity, nothing recorded.</summary>
    public const string SystemBusy = "A001";

    /// <summary>Every channel for it is left alone, nothing recorded.</summary>
    public const string ServiceUnavailable = "A002";

    /// <summary>Ended without a payment: it could not be sent, or was reversed.</summary>
    public const string TradeTimeout = "B001";

    public const string NotAuthenticated = "D001";

    /// <summary>Refused without a signature: above a signing budget.</summary>
    public const string TooManyRequests = "HTTP 429";

    /// <summary>Money moved, may have moved, or certainly did not: anything else tells nothing about a payment.</summary>
    public static bool IsOutcome(string code) => code is Success or Processing || code.StartsWith('B');

    /// <summary>The gateway said no without looking at the business: capacity, form, identity, or a bare HTTP status.</summary>
    public static bool IsRefusal(string code) => !IsOutcome(code) && code != RunRecord.NoAnswer;
}
