using HotPath.Core.Model;

namespace HotPath.Core.Ledger;

/// <summary>
/// A place in the order of the book's changes, between two of them. <c>default</c> is the very beginning. A consumer keeps it and hands it back;
/// of its parts only <see cref="NextSequence"/> means something to anybody but the engine.
/// </summary>
/// <param name="Address">Where the next change is; grows along the feed.</param>
/// <param name="NextSequence">Every record with a smaller sequence lies before this place.</param>
/// <param name="Chain">What all that lies before sums up to: a place of another ledger, or of one with another past, is recognised.</param>
public readonly record struct FeedPosition(long Address, long NextSequence, ulong Chain);

/// <summary>Sees the book's changes in the order in which they became durable.</summary>
/// <remarks>A trade or refund shown is the feed's own and used again: copy what you keep.</remarks>
public interface IFeedVisitor
{
    /// <summary>A trade was accepted: its claim, PENDING.</summary>
    void Accepted(Trade trade, long sequence);

    /// <summary>A trade became final; it is shown whole, without what is refunded of it.</summary>
    void Ended(Trade trade, long sequence);

    /// <summary>A refund became final; it is shown whole.</summary>
    void Ended(Refund refund, long sequence);
}

/// <summary>Thrown by a consumer that has lost what it had made: it is shown everything again, from the beginning.</summary>
public sealed class ShowAgainException(string reason) : Exception(reason);

/// <summary>
/// Keeps something that follows from the book and can be made again from it: day files, notifications. Called on the feed's thread only. A change
/// is shown <b>at least once</b>: after a start the feed goes on from <see cref="Position"/>, and a portion that ended with an exception is shown
/// again, so a consumer passes over sequences it has.
/// </summary>
public interface IFeedConsumer : IFeedVisitor
{
    /// <summary>What it is called in the log.</summary>
    string Name { get; }

    /// <summary>Where it goes on after a start: everything before is kept so that a crash does not lose it. Read once, when the feed starts.</summary>
    FeedPosition Position { get; }

    /// <summary>The end of a portion (at most 1 MiB of journal): everything before <paramref name="upTo"/> has been shown.</summary>
    void Shown(FeedPosition upTo);

    /// <summary>
    /// <see cref="Position"/> is no place of this ledger: the journal was replaced by another or by an older copy. Or the consumer
    /// <see cref="WantsToBeginAgain"/>. What was made is forgotten, and everything is shown from the beginning.
    /// </summary>
    void BeginAgain();

    /// <summary>True when what it made is damaged or lost, until <see cref="BeginAgain"/> has returned. Asked before each portion; any thread may have found it.</summary>
    bool WantsToBeginAgain => false;
}
