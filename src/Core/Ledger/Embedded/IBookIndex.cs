using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Where to find what: keys to journal addresses. Always rebuildable from the journal, and never believed: whoever follows an address
/// compares the identity inside the record with what was asked.
/// </summary>
/// <remarks>Puts, and the checkpoint calls, are the ledger thread's alone; readers are any thread's, each with a rented reader of its
/// own.</remarks>
internal interface IBookIndex : IBookReader, IDisposable
{
    void PutClaim(in IndexKey key, in ClaimEntry entry);

    /// <summary>Puts or replaces. Replacing the entry of what has a number changes nothing but the result's fields.</summary>
    void PutBook(in IndexKey key, in BookEntry entry);

    /// <summary>A reader for the calling thread, to be given back by <see cref="ReturnReader"/>.</summary>
    IBookReader RentReader();

    void ReturnReader(IBookReader reader);

    /// <summary>
    /// Calls <paramref name="stop"/> once, from any thread, when the index's disk fails. Before that nothing was answered wrongly; after it
    /// reads that need the disk throw.
    /// </summary>
    void WhenDiskFails(Action<Exception> stop);

    /// <summary>Begins a checkpoint of everything put so far (it may hold later puts too); false when the index keeps none.</summary>
    bool TryBeginCheckpoint(out IndexTokens tokens);

    /// <summary>How far the begun checkpoint is. Does not block.</summary>
    CheckpointProgress PollCheckpoint();

    /// <summary>Makes the files of a finished checkpoint survive a power loss, and sums them up. Any thread.</summary>
    IndexTokens Seal(in IndexTokens tokens);

    /// <summary>Removes the files of every checkpoint but these. Not while one is being taken.</summary>
    void KeepOnly(IReadOnlyCollection<IndexTokens> named);
}

/// <summary>Looks up; one thread at a time.</summary>
internal interface IBookReader
{
    bool TryGetClaim(in IndexKey key, out ClaimEntry entry);

    bool TryGetBook(in IndexKey key, out BookEntry entry);
}

/// <summary>Makes an index: from a checkpoint when it can, else an empty one.</summary>
internal interface IBookIndexFactory
{
    /// <summary>The index as this checkpoint has it, or null and why not.</summary>
    IBookIndex? TryRecover(in IndexTokens tokens, out string whyNot);

    /// <summary>An empty index; files of an earlier one are removed.</summary>
    IBookIndex CreateEmpty();
}

/// <summary>What a number of the book stands for. Stored in manifests: never reuse one.</summary>
internal enum BookKind : byte
{
    Trade = 0,
    Refund = 1,

    /// <summary>A wish to cancel a trade.</summary>
    Cancel = 2,

    /// <summary>Money too much, and the refund that gives it back.</summary>
    Surplus = 3,

    /// <summary>A trade that ended by a reversal lately. Not an entry of the index: in manifests and lists only.</summary>
    Reversed = 4,

    /// <summary>A PENDING trade that went to a further channel. Not an entry of the index: in manifests only, beside its trade's.</summary>
    Dispatched = 5,
}

/// <summary>How a checkpoint stands.</summary>
internal enum CheckpointProgress : byte
{
    Running = 0,
    Done,
    Failed,
}

/// <summary>Names a checkpoint of both stores.</summary>
/// <param name="Claims">FASTER's token for the claims.</param>
/// <param name="Book">FASTER's token for the book.</param>
/// <param name="ClaimsSum">Over all records of the claims.</param>
/// <param name="BookSum">Over all records of the book.</param>
internal readonly record struct IndexTokens(Guid Claims, Guid Book, ulong ClaimsSum = 0, ulong BookSum = 0)
{
    internal bool IsNone => Claims == Guid.Empty && Book == Guid.Empty;
}

/// <summary>A req_id's claim: which trade or refund holds it, and the beginning of the content's fingerprint.</summary>
internal readonly record struct ClaimEntry(ulong Stamp, ulong Node, ulong FingerprintA, ulong FingerprintB)
{
    internal TradeNo TradeNo => new(Stamp, (ushort)Node);

    internal static ClaimEntry Of(TradeNo number, in Digest fingerprint) => new(number.Stamp, number.Node, fingerprint.A, fingerprint.B);
}

/// <summary>
/// Whatever has a number (a trade, refund, wish to cancel, surplus: where its records are, and how it ended), a pointer to one (from an order number, a
/// single-use code, a refund number, a surplus's trade), what is refunded of a trade, or how many wishes to cancel it stand.
/// </summary>
/// <remarks>
/// For what has a number: A = address of its first record, B = address of its result or 0, C = final time, its kind, whether its req_id is free, status.
/// Of a trade that is PENDING at a further channel B is the address of the record that says so, and in its lowest bits, which no address has, how many
/// channels were tried before.
/// For a pointer: A = stamp, B = node, C = content of the refund.
/// For totals: A = address of the newest record that says them, B = held and count, C = succeeded.
/// For wishes: A = address of the newest record that says how many, B = how many.
/// Of what has a number only B, and with the result C before it, ever change, in place, by the ledger thread; readers look at B alone, so they can never see
/// half a change.
/// Of the others nothing does: what says something new is put as a new entry.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal struct BookEntry
{
    private const int StatusBits = 8;
    private const int RefundBit = 0x80;
    private const int FreeBit = 0x40;
    private const int CancelBit = 0x20;
    private const int KindBits = RefundBit | CancelBit;

    // Records begin at multiples of 8.
    private const long RedirectBits = Trade.MaxRedirects;

    // Sums stay below 10^16 minor units (13 digits and 3 of fraction), 54 bits.
    private const int CountBits = 8;

    internal long A;
    internal long B;
    internal long C;

    internal readonly long AcceptedAddress => A;

    internal readonly long ResultAddress => IsFinal ? B : 0;

    internal readonly bool IsFinal => B != 0 && Redirects == 0;

    /// <summary>Of what is PENDING: how many channels were tried before the one it is at. 0 once it is final.</summary>
    internal readonly int Redirects => (int)(B & RedirectBits);

    /// <summary>Where it says which channel a PENDING trade is at; 0: with its claim.</summary>
    internal readonly long DispatchedAddress => Redirects > 0 ? B & ~RedirectBits : 0;

    /// <summary>Of its records the newest one's address.</summary>
    internal readonly long NewestAddress => Math.Max(A, B & ~RedirectBits);

    internal readonly TradeStatus Status => (TradeStatus)(C & (CancelBit - 1));

    internal readonly BookKind Kind => (C & KindBits) switch
    {
        RefundBit => BookKind.Refund,
        CancelBit => BookKind.Cancel,
        KindBits => BookKind.Surplus,
        _ => BookKind.Trade,
    };

    /// <summary>It ended as if it had never been asked for: its req_id is free again.</summary>
    internal readonly bool FreesReqId => (C & FreeBit) != 0;

    internal readonly long FinalAtMs => C >> StatusBits;

    internal readonly TradeNo TradeNo => new((ulong)A, (ushort)B);

    internal readonly ulong Content => (ulong)C;

    internal readonly RefundTotals Totals => new(B >> CountBits, C, (int)(B & ((1 << CountBits) - 1)));

    internal static BookEntry Accepted(long address) => new() { A = address };

    /// <summary>One without a result.</summary>
    internal static BookEntry Begun(long address, BookKind kind) => new()
    {
        A = address,
        C = kind switch { BookKind.Refund => RefundBit, BookKind.Cancel => CancelBit, BookKind.Surplus => KindBits, _ => 0 },
    };

    internal readonly BookEntry WithDispatch(long address, int redirects) => new() { A = A, B = address | (uint)redirects, C = C & KindBits };

    internal static BookEntry Pointer(TradeNo tradeNo, ulong content = 0) => new() { A = (long)tradeNo.Stamp, B = tradeNo.Node, C = (long)content };

    internal static BookEntry Refunded(long address, in RefundTotals totals) =>
        new() { A = address, B = (totals.Held << CountBits) | (byte)totals.Count, C = totals.Succeeded };

    internal readonly int Wishes => (int)B;

    internal static BookEntry Wished(long address, int wishes) => new() { A = address, B = wishes };

    internal readonly BookEntry WithResult(long address, TradeStatus status, long finalAtMs, bool freesReqId = false) =>
        new() { A = A, B = address, C = (finalAtMs << StatusBits) | (C & KindBits) | (freesReqId ? FreeBit : 0L) | (byte)status };
}

/// <summary>16 bytes of SHA-256 over a kind and its parts: a strong hash for free, and nobody can choose colliding ones.</summary>
internal readonly record struct IndexKey(ulong A, ulong B)
{
    private const byte ClaimKind = 1;
    private const byte TradeKind = 2;
    private const byte OrderKind = 3;
    private const byte CodeKind = 4;
    private const byte RefundNoKind = 5;
    private const byte TotalsKind = 6;
    private const byte ContentKind = 7;
    private const byte WishesKind = 8;
    private const byte SurplusKind = 9;

    internal static IndexKey Claim(InstId instId, ReadOnlySpan<byte> reqId) => OfInstitution(ClaimKind, instId, reqId);

    internal static IndexKey Order(InstId instId, ReadOnlySpan<byte> orderNo) => OfInstitution(OrderKind, instId, orderNo);

    internal static IndexKey RefundNo(InstId instId, ReadOnlySpan<byte> refundNo) => OfInstitution(RefundNoKind, instId, refundNo);

    /// <summary>Of whatever has this number: no number is two things.</summary>
    internal static IndexKey Trade(TradeNo number) => OfNumber(TradeKind, number);

    /// <summary>Of what is refunded of a trade.</summary>
    internal static IndexKey Totals(TradeNo tradeNo) => OfNumber(TotalsKind, tradeNo);

    /// <summary>Of how many wishes to cancel a trade stand.</summary>
    internal static IndexKey Wishes(TradeNo tradeNo) => OfNumber(WishesKind, tradeNo);

    /// <summary>Of the surplus of a trade.</summary>
    internal static IndexKey Surplus(TradeNo tradeNo) => OfNumber(SurplusKind, tradeNo);

    /// <summary>What a refund number stands for, in 64 bits: used again for anything else it is refused (C004).</summary>
    internal static ulong RefundContent(Refund refund)
    {
        Span<byte> parts = stackalloc byte[32];
        parts.Clear();
        parts[0] = ContentKind;
        parts[1] = (byte)refund.RefundType;
        MemoryMarshal.Write(parts[2..], refund.TradeNo.Node);
        MemoryMarshal.Write(parts[8..], refund.TradeNo.Stamp);
        MemoryMarshal.Write(parts[16..], refund.Amount.MinorUnits);
        return Of(parts).A;
    }

    internal static IndexKey Code(Digest digest)
    {
        Span<byte> parts = stackalloc byte[1 + Digest.Length];
        parts[0] = CodeKind;
        digest.Write(parts[1..]);
        return Of(parts);
    }

    private static IndexKey OfNumber(byte kind, TradeNo number)
    {
        Span<byte> parts = stackalloc byte[16];
        parts.Clear();
        parts[0] = kind;
        MemoryMarshal.Write(parts[8..], number.Stamp);
        MemoryMarshal.Write(parts[1..], number.Node);
        return Of(parts);
    }

    [SkipLocalsInit]
    private static IndexKey OfInstitution(byte kind, InstId instId, ReadOnlySpan<byte> text)
    {
        // The institution's field has a fixed width, so no two pairs make the same bytes.
        Span<byte> parts = stackalloc byte[1 + InstId.MaxLength + ShortText.MaxLength];
        parts[0] = kind;
        MemoryMarshal.Write(parts[1..], in instId);
        text.CopyTo(parts[(1 + InstId.MaxLength)..]);
        return Of(parts[..(1 + InstId.MaxLength + text.Length)]);
    }

    [SkipLocalsInit]
    private static IndexKey Of(ReadOnlySpan<byte> parts)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(parts, hash);
        return new IndexKey(MemoryMarshal.Read<ulong>(hash), MemoryMarshal.Read<ulong>(hash[8..]));
    }
}
