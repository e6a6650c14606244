namespace HotPath.Faults.Checking;

/// <summary>
/// Holds a run's evidence against the promises of the failure model. Knows nothing of how the gateway works: it compares what people were
/// told with what the books say.
/// </summary>
internal static class Checker
{
    /// <summary>The promises; the sentence is what the gateway claims.</summary>
    internal static readonly IReadOnlyList<(string Name, string Promise, Func<Evidence, IEnumerable<Broken>> Find)> Invariants =
    [
        ("I1", "one order is paid at most once, and sent to a channel at most once", PaidOnce.Find),
        ("I1", "a trade is sent to one channel over all channels' books, and the journal names it", OneChannel.Find),
        ("I2", "what was acknowledged as final never changes and survives", FinalStays.Find),
        ("I2", "a refund that was told is never unknown again, and final for ever", RefundsStay.Find),
        ("I2", "in the end every query says what the journal says", LastQueries.Find),
        ("I3", "the same request gets the same trade, and its final answer the same bytes", RepeatedRequests.FindDifferingAnswers),
        ("I4", "a req_id used again for something else has no effect", RepeatedRequests.FindReusedReqIds),
        ("I4", "what was refused for want of room is not recorded", Refusals.Find),
        ("I5", "refunds of a trade never sum up to more than it, and end as they were told", RefundsFit.Find),
        ("I5", "of a payment no more goes back than was paid, and a refund is sent to its channel at most once", RefundsWithinPayment.Find),
        ("I3", "a cancel is answered as its trade ended, and its final answer is the same bytes", CancelsAgree.FindAnswers),
        ("I2", "a trade was cancelled or it succeeded, never both, and nobody's wish makes none of it", CancelsAgree.FindTrades),
        ("I7", "what a channel executed after a confirmed reversal is given back, once", SurplusesReturn.Find),
        ("I6", "once faults are over every trade ends", Ends.Find),
        ("I7", "what was asked for is what is answered and recorded, to the minor unit", AmountsAgree.Find),
        ("I7", "the journal and the channel's books agree to the minor unit", BooksAgree.Find),
        ("I10", "who is to be told is told every final state at least once, signed and as the journal has it, and not for ever", NotificationsAgree.Find),
        ("I8", "every answer's signature covers its own bytes", Signatures.Find),
    ];

    /// <summary>Every broken promise, the first that could be seen first.</summary>
    internal static IReadOnlyList<Broken> Check(Evidence evidence) =>
        [.. Invariants.SelectMany(invariant => invariant.Find(evidence)).OrderBy(broken => broken.AtMs).ThenBy(broken => broken.Invariant, StringComparer.Ordinal)];
}
