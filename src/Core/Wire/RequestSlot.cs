using System.Security.Cryptography;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Signing;

namespace HotPath.Core.Wire;

/// <summary>
/// One request while it is in the house: the body's bytes, the members as ranges of them, what was read from them, and the answer.
/// Pooled: rented and returned in one method; no span of it survives the return, and no byte: <see cref="Clear"/> leaves nothing of a body
/// behind, for it may hold face_data.
/// </summary>
/// <param name="maxBodyBytes">Largest body it takes.</param>
public sealed class RequestSlot(int maxBodyBytes = BodyLimits.Ordinary)
{
    /// <summary>Unknown names that are told apart, to find one sent twice; a request with more is malformed.</summary>
    internal const int MaxUnknownNames = 16;

    // The body, and behind it the values that had escapes, unescaped: they are never longer than they were.
    private readonly byte[] _bytes = new byte[2 * maxBodyBytes];
    private readonly TextRange[] _members = new TextRange[(int)Member.Count];
    private readonly TextRange[] _unknownNames = new TextRange[MaxUnknownNames];

    // Never longer than the body: name=value& is shorter than "name":"value",
    private readonly byte[] _signingText = new byte[maxBodyBytes];
    private int _signingTextLength;
    private int _unescapedEnd;

    /// <summary>What the pipeline says: the status of the HTTP answer. 200 with <see cref="Answer"/>; anything else without a body.</summary>
    public int HttpStatus { get; set; }

    /// <summary>The signed answer.</summary>
    public AnswerBuffer Answer { get; } = new();

    /// <summary>The trade of this request: filled for the claim, completed with the result.</summary>
    public Trade Trade { get; private set; } = new();

    /// <summary>The refund of this request; its <see cref="Trade"/> is the one that is refunded.</summary>
    public Refund Refund { get; private set; } = new();

    /// <summary>The wish of this request to cancel its <see cref="Trade"/>.</summary>
    public Cancellation Cancel { get; private set; } = new();

    /// <summary>The request is about a refund, and so is its answer.</summary>
    public bool IsOfRefund => BizType is BizType.Refund or BizType.RefundQuery;

    /// <summary>The request wishes that a trade be cancelled.</summary>
    public bool IsCancel => BizType == BizType.TradeCancel;

    /// <summary>What the request is about, trade, refund or wish, has its result.</summary>
    public bool IsFinal => IsCancel ? Cancel.IsFinal : IsOfRefund ? Refund.IsFinal : Trade.IsFinal;

    /// <summary>When that was accepted, Unix milliseconds.</summary>
    public long AcceptedAtMs => IsCancel ? Cancel.AcceptedAtMs : IsOfRefund ? Refund.AcceptedAtMs : Trade.AcceptedAtMs;

    /// <summary>When the last byte of the request had come, in ticks of the clock.</summary>
    public long ArrivedAt { get; set; }

    /// <summary>The host that the caller asked for, as it said itself; empty where nobody did.</summary>
    public string Host { get; set; } = "";

    // What the reader has read.
    public int BodyLength { get; private set; }

    public BizType BizType { get; internal set; }

    /// <summary>What sign_type says, as far as it was read and is known; RSA2 otherwise. A refusal is signed with it.</summary>
    public SignType SignType { get; internal set; }

    public long ReqTimeMs { get; internal set; }

    public Amount Amount { get; internal set; }

    public Currency Currency { get; internal set; }

    /// <summary>What was read in qr_content, once the interface's members were checked; its defect is also what contradicts them.</summary>
    public QrReading Code { get; internal set; }

    internal int UnknownNameCount { get; private set; }

    public ReadOnlySpan<byte> Body => _bytes.AsSpan(0, BodyLength);

    public ReadOnlySpan<byte> SigningText => _signingText.AsSpan(0, _signingTextLength);

    /// <summary>The first name that no table knows, if any.</summary>
    public ReadOnlySpan<byte> UnknownName => UnknownNameCount == 0 ? default : Slice(_unknownNames[0]);

    /// <summary>Where the body's bytes go.</summary>
    public Span<byte> BodyBuffer => _bytes.AsSpan(0, maxBodyBytes);

    public bool Has(Member member) => _members[(int)member].Length > 0;

    /// <summary>The decoded value, raw UTF-8; empty when the member is not there.</summary>
    public ReadOnlySpan<byte> this[Member member] => Slice(_members[(int)member]);

    /// <summary>The value as memory, for calls that wait. Valid until the slot is returned.</summary>
    public ReadOnlyMemory<byte> Memory(Member member)
    {
        TextRange range = _members[(int)member];
        return _bytes.AsMemory(range.Offset, range.Length);
    }

    /// <summary>Says that the body is in <see cref="BodyBuffer"/>.</summary>
    public void SetBody(int length)
    {
        BodyLength = length;
        _unescapedEnd = length;
    }

    /// <summary>Trade, refund and wish stay with the ledger, which still reads them: the slot goes on with what was claimed, in its own.</summary>
    public void GiveAway()
    {
        Trade = Trade.CopyOfClaim();
        if (IsOfRefund)
        {
            Refund = Refund.CopyOfReservation();
        }
        if (IsCancel)
        {
            Cancel = Cancel.CopyOfWish();
        }
    }

    /// <summary>Makes the slot ready for the next request: whatever a body of this length can have left in it is zero.</summary>
    public void Clear()
    {
        CryptographicOperations.ZeroMemory(_bytes.AsSpan(0, 2 * BodyLength));
        CryptographicOperations.ZeroMemory(_signingText.AsSpan(0, BodyLength));
        Array.Clear(_members);
        UnknownNameCount = 0;
        BodyLength = 0;
        _signingTextLength = 0;
        BizType = default;
        SignType = default;
        ReqTimeMs = 0;
        Amount = default;
        Currency = default;
        Code = default;
        HttpStatus = 0;
        Host = "";
        Answer.Clear();
        Trade.Clear();
        Refund.Clear();
        Cancel.Clear();
    }

    internal void Set(Member member, TextRange range) => _members[(int)member] = range;

    internal bool HasUnknownName(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < UnknownNameCount; i++)
        {
            if (name.SequenceEqual(Slice(_unknownNames[i])))
            {
                return true;
            }
        }
        return false;
    }

    internal bool TryAddUnknownName(TextRange name)
    {
        if (UnknownNameCount == MaxUnknownNames)
        {
            return false;
        }
        _unknownNames[UnknownNameCount++] = name;
        return true;
    }

    internal ReadOnlySpan<byte> Slice(TextRange range) => _bytes.AsSpan(range.Offset, range.Length);

    /// <summary>Room for a value that is unescaped; <see cref="KeepUnescaped"/> makes it a range.</summary>
    internal Span<byte> UnescapeBuffer => _bytes.AsSpan(_unescapedEnd);

    internal TextRange KeepUnescaped(int length)
    {
        var range = new TextRange(_unescapedEnd, length);
        _unescapedEnd += length;
        return range;
    }

    internal Span<byte> SigningBuffer => _signingText;

    internal void SetSigningText(int length) => _signingTextLength = length;
}

/// <summary>A stretch of a slot's bytes.</summary>
internal readonly record struct TextRange(int Offset, int Length);
