using HotPath.Core.Admission;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>The corridor's times and limits.</summary>
public sealed record PipelineOptions
{
    /// <summary>After this a payment is answered 0001 and lives on. Default 2.5 s. Range 100 ms to 2.9 s.</summary>
    // The specification allows 3 s (6.1); half a second is left for the way there and back.
    public TimeSpan PayBudget { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>After this a refund or a cancel is answered 0001 and lives on. Default 4.5 s. Range 100 ms to 4.9 s.</summary>
    // The specification allows 5 s (6.1).
    public TimeSpan RefundBudget { get; init; } = TimeSpan.FromSeconds(4.5);

    /// <summary>After this a query that needs more than the book is refused (A001). Default 1.8 s. Range 100 ms to 1.9 s.</summary>
    // The specification allows 2 s (6.1).
    public TimeSpan QueryBudget { get; init; } = TimeSpan.FromSeconds(1.8);

    /// <summary>Channels tried for one payment, while it is certain that none of them got it. Default 3. Range 1 (never another one) to 8.</summary>
    // A refused connection takes a millisecond, one that hangs its connect timeout: by then the budget allows no more.
    public int MaxAttempts { get; init; } = 3;

    /// <summary>How far req_time may be from our clock, either way. Default 10 min (protocol, section 1). Range 1 min to 1 h.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>One payment in so many is a line at INFO. Default 1,000. 0: none.</summary>
    public int LogSampleEvery { get; init; } = 1000;

    /// <summary>Refusals before the caller is known, for all callers together, per second. Default 300 (protocol, section 1). Range 1 to 10,000.</summary>
    // A signature each: on one core a tenth of its time.
    public int StrangersRefusalsPerSecond { get; init; } = 300;

    /// <summary>The answer budget of an interface.</summary>
    public TimeSpan BudgetOf(BizType type) =>
        BizTypes.IsQuery(type) ? QueryBudget : type is BizType.Refund or BizType.TradeCancel ? RefundBudget : PayBudget;

    public AdmissionOptions Admission { get; init; } = new();
}
