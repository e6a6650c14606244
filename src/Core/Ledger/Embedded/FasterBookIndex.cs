using System.Collections.Concurrent;
using System.Numerics;
using HotPath.Core.Runtime;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>The index in two FASTER stores: claims by themselves, because they will be cut daily, and the book.</summary>
internal sealed class FasterBookIndex : IBookIndex
{
    private readonly FasterStore<ClaimEntry> _claims;
    private readonly FasterStore<BookEntry> _book;
    private readonly ConcurrentQueue<Reader> _readers = new();
    private readonly IndexFailure _failure = new();
    private readonly string _directory;

    internal FasterBookIndex(string directory, EmbeddedLedgerOptions options, IJournalStorage storage, IScheduler scheduler)
    {
        _directory = directory;
        var disk = new IndexDisk(storage, scheduler, _failure);
        long claimsMemory = PowerOfTwo(options.IndexMemoryBytes / 4);
        long bookMemory = PowerOfTwo(options.IndexMemoryBytes / 2);
        // A trade has one claim; in the book itself, its order and sometimes a code. A refund has itself, its number and its trade's totals, a wish itself and
        // its trade's count, a surplus itself and its trade's pointer; each counts as a trade. 64 bytes of hash index hold 7 keys.
        _claims = new FasterStore<ClaimEntry>(
            Path.Combine(directory, FasterIndexFactory.ClaimsName), HashBytes(options.MaxTrades), claimsMemory, AppendAlways, disk);
        try
        {
            _book = new FasterStore<BookEntry>(
                Path.Combine(directory, FasterIndexFactory.BookName), HashBytes(options.MaxTrades * 5 / 2), bookMemory, EndTrade, disk);
        }
        catch
        {
            _claims.Dispose();
            throw;
        }
    }

    internal void Recover(in IndexTokens tokens)
    {
        _claims.Recover(tokens.Claims, tokens.ClaimsSum);
        _book.Recover(tokens.Book, tokens.BookSum);
    }

    public bool TryGetClaim(in IndexKey key, out ClaimEntry entry) => _claims.TryGet(key, out entry);

    public bool TryGetBook(in IndexKey key, out BookEntry entry) => _book.TryGet(key, out entry);

    public void PutClaim(in IndexKey key, in ClaimEntry entry) => _claims.Put(key, entry);

    public void PutBook(in IndexKey key, in BookEntry entry) => _book.Put(key, entry);

    public IBookReader RentReader() =>
        _readers.TryDequeue(out Reader? reader) ? reader : new Reader(_claims.NewReader(), _book.NewReader());

    public void ReturnReader(IBookReader reader) => _readers.Enqueue((Reader)reader);

    public void WhenDiskFails(Action<Exception> stop) => _failure.WhenItHappens(stop);

    public bool TryBeginCheckpoint(out IndexTokens tokens)
    {
        tokens = default;
        if (!_claims.TryBeginCheckpoint(out Guid claims))
        {
            return false;
        }
        bool hasBoth = _book.TryBeginCheckpoint(out Guid book);
        tokens = new IndexTokens(claims, book);
        return hasBoth;
    }

    public CheckpointProgress PollCheckpoint()
    {
        CheckpointProgress claims = _claims.Poll();
        CheckpointProgress book = _book.Poll();
        if (claims == CheckpointProgress.Failed || book == CheckpointProgress.Failed)
        {
            return CheckpointProgress.Failed;
        }
        return claims == CheckpointProgress.Done && book == CheckpointProgress.Done ? CheckpointProgress.Done : CheckpointProgress.Running;
    }

    public IndexTokens Seal(in IndexTokens tokens)
    {
        // FASTER writes through (O_SYNC) but syncs no directory and not the files' sizes: before a manifest names them, all of it is
        // synced.
        foreach (string path in Directory.EnumerateFileSystemEntries(_directory, "*", SearchOption.AllDirectories))
        {
            LibC.SyncPath(path);
        }
        LibC.SyncPath(_directory);
        IndexTokens summed = tokens with { ClaimsSum = _claims.Sum(tokens.Claims), BookSum = _book.Sum(tokens.Book) };
        // FASTER was told that a write which failed went well: its checkpoint may be "finished" and hold nothing.
        _failure.ThrowIfHappened();
        return summed;
    }

    public void KeepOnly(IReadOnlyCollection<IndexTokens> named)
    {
        _claims.KeepOnly([.. named.Select(tokens => tokens.Claims)]);
        _book.KeepOnly([.. named.Select(tokens => tokens.Book)]);
    }

    public void Dispose()
    {
        while (_readers.TryDequeue(out Reader? reader))
        {
            reader.Dispose();
        }
        _claims.Dispose();
        _book.Dispose();
    }

    /// <summary>
    /// Claims are never changed: one that was overtaken after 24 h gets a new record, so that no reader sees half of each.
    /// </summary>
    private static bool AppendAlways(ref ClaimEntry current, in ClaimEntry wanted) => false;

    /// <summary>
    /// Whatever has a number gets its result in place; B last, since readers look at nothing else. A pointer to another number, and totals and wishes that
    /// another record says, get a new record.
    /// </summary>
    private static bool EndTrade(ref BookEntry current, in BookEntry wanted)
    {
        if (current.A != wanted.A)
        {
            return false;
        }
        Volatile.Write(ref current.C, wanted.C);
        Volatile.Write(ref current.B, wanted.B);
        return true;
    }

    /// <summary>
    /// The power of two nearest to 64 bytes for 7 keys: up to a third more keys than places only lengthen chains a little.
    /// </summary>
    private static long HashBytes(long keys)
    {
        ulong needed = (ulong)(keys * 64 / 7);
        ulong up = BitOperations.RoundUpToPowerOf2(needed);
        return (long)(needed > up / 4 * 3 ? up : up / 2);
    }

    private static long PowerOfTwo(long bytes) => 1L << BitOperations.Log2((ulong)bytes);

    private sealed class Reader(FasterStore<ClaimEntry>.Session claims, FasterStore<BookEntry>.Session book) : IBookReader, IDisposable
    {
        public bool TryGetClaim(in IndexKey key, out ClaimEntry entry) => claims.TryGet(key, out entry);

        public bool TryGetBook(in IndexKey key, out BookEntry entry) => book.TryGet(key, out entry);

        public void Dispose()
        {
            claims.Dispose();
            book.Dispose();
        }
    }
}

/// <summary>Opens the index in <c>index/</c> of the data directory.</summary>
internal sealed class FasterIndexFactory : IBookIndexFactory
{
    internal const string FolderName = "index";
    internal const string ClaimsName = "claims";
    internal const string BookName = "book";

    private readonly EmbeddedLedgerOptions _options;
    private readonly IJournalStorage _storage;
    private readonly IScheduler _scheduler;
    private readonly string _directory;

    internal FasterIndexFactory(EmbeddedLedgerOptions options, IJournalStorage storage, IScheduler scheduler)
    {
        _options = options;
        _storage = storage;
        _scheduler = scheduler;
        _directory = Path.Combine(options.DataDirectory, FolderName);
    }

    public IBookIndex? TryRecover(in IndexTokens tokens, out string whyNot)
    {
        FasterBookIndex? index = null;
        try
        {
            index = new FasterBookIndex(_directory, _options, _storage, _scheduler);
            index.Recover(tokens);
            whyNot = "";
            return index;
        }
        // FASTER tells of damage by exceptions of every kind, down to index and null errors; all mean: not this checkpoint.
        catch (Exception unusable)
        {
            index?.Dispose();
            whyNot = unusable.Message;
            return null;
        }
    }

    public IBookIndex CreateEmpty()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
        Directory.CreateDirectory(Path.Combine(_directory, ClaimsName));
        Directory.CreateDirectory(Path.Combine(_directory, BookName));
        return new FasterBookIndex(_directory, _options, _storage, _scheduler);
    }
}
