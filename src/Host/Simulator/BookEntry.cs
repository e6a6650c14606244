using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Host.Simulator;

/// <summary>
/// What a book keeps of a reference, a payment's or a refund's. 24 bytes: a million of them, keyed, take about 70 MB. What only a refund
/// has is in <see cref="Refunds"/>.
/// </summary>
internal struct BookEntry
{
    internal Amount Amount;
    internal long DueAtMs;
    internal uint CurrencyRaw;

    /// <summary>The payment, or the refund, came.</summary>
    internal bool IsReceived;
    internal bool IsReversed;

    /// <summary>The reversal came first: nothing will ever be executed.</summary>
    internal bool IsBlocked;

    /// <summary>SUCCESS was told to somebody, or money of it was given back: no reversal any more.</summary>
    internal bool IsFinal;
}

/// <summary>What the books say of a reference. The names are the contract's.</summary>
internal enum BookResult
{
    NotFound = 0,
    Pending,
    Success,
    Failed,
    Reversed,

    /// <summary>The reference is known with another amount, currency or payment: HTTP 409.</summary>
    OtherContent,
}

/// <summary>What to tell, once <paramref name="Written"/> has ended: an answer never overtakes its line.</summary>
/// <param name="Result">What the books say.</param>
/// <param name="DeclineCode">Why, when they say Failed.</param>
/// <param name="Reference">The reference as booked.</param>
/// <param name="Written">Ends when the lines behind this answer are with the operating system.</param>
internal readonly record struct BookAnswer(BookResult Result, string DeclineCode, ClearingReference Reference, Task Written);

/// <summary>A payment or a refund that was booked.</summary>
/// <param name="Answer">How its caller is to be answered.</param>
/// <param name="DueAtMs">When its result is due.</param>
/// <param name="IsSettledAlready">The reference is reversed, or known with other content: tell that at once.</param>
/// <param name="Written">Ends when its line is with the operating system.</param>
internal readonly record struct BookReceipt(PayAnswer Answer, long DueAtMs, bool IsSettledAlready, Task Written);
