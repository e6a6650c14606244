using System.Collections.Concurrent;
using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger;

/// <summary>The simplest index there is: what FASTER must agree with, and what a simulation runs on. Keeps no checkpoints.</summary>
internal sealed class DictionaryBookIndex : IBookIndex
{
    private readonly ConcurrentDictionary<IndexKey, ClaimEntry> _claims = new();
    private readonly ConcurrentDictionary<IndexKey, BookEntry> _book = new();

    /// <summary>Checkpoints begin and never end.</summary>
    internal bool IsStuck { get; init; }

    /// <summary>Runs before each answer about a claim.</summary>
    internal Action WhenAsked { get; init; } = static () => { };

    public bool TryGetClaim(in IndexKey key, out ClaimEntry entry)
    {
        WhenAsked();
        return _claims.TryGetValue(key, out entry);
    }

    public bool TryGetBook(in IndexKey key, out BookEntry entry) => _book.TryGetValue(key, out entry);

    public void PutClaim(in IndexKey key, in ClaimEntry entry) => _claims[key] = entry;

    public void PutBook(in IndexKey key, in BookEntry entry) => _book[key] = entry;

    public IBookReader RentReader() => this;

    public void ReturnReader(IBookReader reader)
    {
    }

    public void WhenDiskFails(Action<Exception> stop)
    {
    }

    public bool TryBeginCheckpoint(out IndexTokens tokens)
    {
        tokens = default;
        return IsStuck;
    }

    public CheckpointProgress PollCheckpoint() => IsStuck ? CheckpointProgress.Running : CheckpointProgress.Failed;

    public IndexTokens Seal(in IndexTokens tokens) => tokens;

    public void KeepOnly(IReadOnlyCollection<IndexTokens> named)
    {
    }

    public void Dispose()
    {
    }
}

internal sealed class DictionaryIndexFactory : IBookIndexFactory
{
    internal Action WhenAsked { get; init; } = static () => { };

    public IBookIndex? TryRecover(in IndexTokens tokens, out string whyNot)
    {
        whyNot = "a dictionary keeps no checkpoints";
        return null;
    }

    public IBookIndex CreateEmpty() => new DictionaryBookIndex { WhenAsked = WhenAsked };
}
