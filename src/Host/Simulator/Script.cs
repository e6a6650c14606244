using HotPath.Core.Model;

namespace HotPath.Host.Simulator;

/// <summary>What becomes of a payment or a refund, by the last two digits of its amount in minor units.</summary>
/// <param name="Moves">Money moves at the due time, unless a reversal comes first.</param>
/// <param name="DeclineCode">Why it is declined at the due time; empty when it is not.</param>
/// <param name="Answer">What its caller sees.</param>
/// <param name="Delay">From its arrival to its due time; zero: the channel latency.</param>
/// <param name="IgnoresReversal">It confirms a reversal and executes all the same.</param>
internal sealed record Script(bool Moves, string DeclineCode, PayAnswer Answer, TimeSpan Delay, bool IgnoresReversal)
{
    private static readonly TimeSpan AtLatency = TimeSpan.Zero;
    private static readonly Script Success = new(true, "", PayAnswer.AtDueTime, AtLatency, false);
    private static readonly Script InsufficientBalance = Success with { Moves = false, DeclineCode = "INSUFFICIENT_BALANCE" };
    private static readonly Script LimitExceeded = Success with { Moves = false, DeclineCode = "LIMIT_EXCEEDED" };
    private static readonly Script AccountAbnormal = Success with { Moves = false, DeclineCode = "ACCOUNT_ABNORMAL" };
    private static readonly Script SuccessLater = Success with { Answer = PayAnswer.Pending, Delay = TimeSpan.FromSeconds(5) };
    private static readonly Script DeclineLater = AccountAbnormal with { Answer = PayAnswer.Pending, Delay = TimeSpan.FromSeconds(5) };
    private static readonly Script SlowSuccess = Success with { Delay = TimeSpan.FromSeconds(12) };
    private static readonly Script Error = new(false, "", PayAnswer.ServerError, AtLatency, false);
    private static readonly Script SilentSuccess = Success with { Answer = PayAnswer.None };
    private static readonly Script SilentLoss = Error with { Answer = PayAnswer.None };

    /// <summary>False: it is lost at the door, and inquiries do not find it.</summary>
    internal bool IsKnown => Moves || DeclineCode.Length > 0;

    /// <summary>Declined after the channel latency, whatever the amount says.</summary>
    internal static Script Declined(string code) => AccountAbnormal with { DeclineCode = code };

    internal static Script Of(Amount amount, TimeSpan settleWindow) => (amount.MinorUnits % 100) switch
    {
        2 => InsufficientBalance,
        3 => LimitExceeded,
        4 => AccountAbnormal,
        5 => SuccessLater,
        6 => DeclineLater,
        7 => SlowSuccess,
        8 => Error,
        9 => SilentSuccess,
        10 => SilentLoss,
        12 => SilentSuccess with { Delay = settleWindow / 2, IgnoresReversal = true },
        _ => Success,
    };
}

/// <summary>What the caller of a payment or a refund sees.</summary>
internal enum PayAnswer
{
    /// <summary>The result, once it is due.</summary>
    AtDueTime = 0,

    /// <summary>PENDING, after the channel latency.</summary>
    Pending,

    /// <summary>HTTP 500, at once.</summary>
    ServerError,

    /// <summary>Nothing, ever.</summary>
    None,
}
