using System.IO.Hashing;
using System.Runtime.InteropServices;
using HotPath.Core.Ledger.Embedded;

namespace HotPath.Faults.Simulation;

/// <summary>
/// An index that is two dictionaries, with checkpoints that are really files, whole only when their sum says so. The contract suite of the
/// real one holds it.
/// </summary>
/// <remarks>A checkpoint may hold what was put after its beginning, as FASTER's may.</remarks>
internal sealed class VirtualIndex(string directory, IJournalStorage storage, Chance chance, double failureRate, Action<string> count) : IBookIndex
{
    private readonly Dictionary<IndexKey, ClaimEntry> _claims = [];
    private readonly Dictionary<IndexKey, BookEntry> _book = [];
    private byte[]? _snapshot;
    private int _pollsLeft;

    internal static string FileOf(string directory, in IndexTokens tokens) => Path.Combine(directory, $"{tokens.Book:N}.ckp");

    public bool TryGetClaim(in IndexKey key, out ClaimEntry entry) => _claims.TryGetValue(key, out entry);

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
        Span<byte> names = stackalloc byte[32];
        MemoryMarshal.Cast<byte, ulong>(names)[0] = chance.Next() | 1;
        MemoryMarshal.Cast<byte, ulong>(names)[2] = chance.Next() | 1;
        tokens = new IndexTokens(new Guid(names[..16]), new Guid(names[16..]));
        _snapshot = chance.Happens(0.5) ? Write() : null;
        _pollsLeft = chance.Below(20);
        return true;
    }

    public CheckpointProgress PollCheckpoint()
    {
        if (_pollsLeft-- > 0)
        {
            return CheckpointProgress.Running;
        }
        if (chance.Happens(failureRate))
        {
            count("checkpoint failed");
            return CheckpointProgress.Failed;
        }
        _snapshot ??= Write();
        return CheckpointProgress.Done;
    }

    public IndexTokens Seal(in IndexTokens tokens)
    {
        byte[] bytes = _snapshot!;
        string path = FileOf(directory, tokens);
        using (IJournalFile file = storage.Create(path))
        {
            file.WriteAt(bytes, 0);
            file.Sync();
        }
        storage.SyncDirectory(directory);
        count("checkpoint taken");
        return tokens with { ClaimsSum = (ulong)bytes.Length, BookSum = XxHash3.HashToUInt64(bytes) };
    }

    public void KeepOnly(IReadOnlyCollection<IndexTokens> named)
    {
        HashSet<string> kept = [.. named.Select(tokens => Path.GetFileName(FileOf(directory, tokens)))];
        foreach (string name in storage.List(directory).Where(name => !kept.Contains(name)))
        {
            storage.Delete(Path.Combine(directory, name));
        }
    }

    public void Dispose()
    {
    }

    /// <summary>False when the bytes are not what the tokens name.</summary>
    internal bool TryRead(ReadOnlySpan<byte> bytes, in IndexTokens tokens)
    {
        if (tokens.ClaimsSum != (ulong)bytes.Length || tokens.BookSum != XxHash3.HashToUInt64(bytes))
        {
            return false;
        }
        int claims = MemoryMarshal.Read<int>(bytes);
        ReadOnlySpan<KeyValuePair<IndexKey, ClaimEntry>> claimEntries =
            MemoryMarshal.Cast<byte, KeyValuePair<IndexKey, ClaimEntry>>(bytes[8..])[..claims];
        foreach ((IndexKey key, ClaimEntry entry) in claimEntries)
        {
            _claims[key] = entry;
        }
        foreach ((IndexKey key, BookEntry entry) in MemoryMarshal.Cast<byte, KeyValuePair<IndexKey, BookEntry>>(bytes[(8 + MemoryMarshal.AsBytes(claimEntries).Length)..]))
        {
            _book[key] = entry;
        }
        return true;
    }

    private byte[] Write()
    {
        ReadOnlySpan<byte> claims = MemoryMarshal.AsBytes<KeyValuePair<IndexKey, ClaimEntry>>(_claims.ToArray());
        ReadOnlySpan<byte> book = MemoryMarshal.AsBytes<KeyValuePair<IndexKey, BookEntry>>(_book.ToArray());
        byte[] bytes = new byte[8 + claims.Length + book.Length];
        MemoryMarshal.Write(bytes, _claims.Count);
        claims.CopyTo(bytes.AsSpan(8));
        book.CopyTo(bytes.AsSpan(8 + claims.Length));
        return bytes;
    }
}

/// <summary>Opens a <see cref="VirtualIndex"/> in <c>index/</c> of the data directory.</summary>
internal sealed class VirtualIndexFactory(
    string dataDirectory, IJournalStorage storage, Chance chance, double failureRate, Action<string> count) : IBookIndexFactory
{
    private readonly string _directory = Path.Combine(dataDirectory, "index");

    public IBookIndex? TryRecover(in IndexTokens tokens, out string whyNot)
    {
        try
        {
            var index = new VirtualIndex(_directory, storage, chance, failureRate, count);
            using IJournalFile file = storage.Open(VirtualIndex.FileOf(_directory, tokens), isWritable: false);
            byte[] bytes = new byte[file.Length];
            file.ReadAt(bytes, 0);
            whyNot = "the checkpoint's file is not what its manifest says";
            return index.TryRead(bytes, tokens) ? index : null;
        }
        catch (IOException unreadable)
        {
            whyNot = unreadable.Message;
            return null;
        }
    }

    public IBookIndex CreateEmpty()
    {
        storage.CreateDirectory(_directory);
        foreach (string name in storage.List(_directory))
        {
            storage.Delete(Path.Combine(_directory, name));
        }
        return new VirtualIndex(_directory, storage, chance, failureRate, count);
    }
}
