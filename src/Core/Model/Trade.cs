namespace HotPath.Core.Model;

/// <summary>trade_type of a payment. The number is stored in journal records: never reuse one.</summary>
public enum TradeType : byte
{
    None = 0,
    Scan = 1,
    Native = 2,
    FacePay = 3,
}

/// <summary>The names of <see cref="TradeType"/> on the wire.</summary>
public static class TradeTypes
{
    public static ReadOnlySpan<byte> Name(TradeType type) => type switch
    {
        TradeType.Scan => "SCAN"u8,
        TradeType.Native => "NATIVE"u8,
        TradeType.FacePay => "FACEPAY"u8,
        _ => "UNKNOWN"u8,
    };

    /// <summary>The type of this name, or None.</summary>
    public static TradeType Parse(ReadOnlySpan<byte> text)
    {
        for (TradeType type = TradeType.Scan; type <= TradeType.FacePay; type++)
        {
            if (text.SequenceEqual(Name(type)))
            {
                return type;
            }
        }
        return TradeType.None;
    }
}

/// <summary>qr_type of a payment; none of one by face.</summary>
public enum QrType : byte
{
    None = 0,
    Dynamic = 1,
    Static = 2,
}

/// <summary>
/// One trade as the ledger keeps it: what was claimed, and, once it is final, the result and the answer that was signed for it.
/// Mutable and reused: whoever fills one owns it until the call it was handed to has returned.
/// </summary>
public sealed class Trade
{
    /// <summary>Most further channels a trade can go to: the book has three bits for them.</summary>
    public const int MaxRedirects = 7;

    // The claim: written once, before anything leaves the house.
    public TradeNo TradeNo;
    public InstId InstId;
    public ShortText ReqId;
    public ShortText OrderNo;
    public Digest Fingerprint;

    /// <summary>SHA-256 of qr_content when the code is single-use (dynamic), else none.</summary>
    public Digest CodeDigest;
    public BizType BizType;
    public TradeType TradeType;
    public QrType QrType;
    public Amount Amount;
    public Currency Currency;

    /// <summary>The channel that has it, the last one: those before certainly never got it.</summary>
    public ShortText ChannelId;

    /// <summary>How many channels were tried before <see cref="ChannelId"/>; 0 of nearly all trades. At most <see cref="MaxRedirects"/>.</summary>
    public byte Redirects;

    /// <summary>How it came to that channel.</summary>
    public RouteTrail Route;
    public long AcceptedAtMs;

    /// <summary>What the code says of whom it pays; empty where it says nothing or cannot be read. An answer shows it, so it is kept with the claim.</summary>
    public Merchant Merchant;

    // The result: written once, when the outcome is certain.
    public TradeStatus Status;
    public RespCode FailCode;
    public long FinalAtMs;
    public ShortText ChannelTradeNo;

    /// <summary>It ended because its channel confirmed a reversal: a channel that breaks its word may still execute it (protocol, section 6).</summary>
    public bool WasReversed;

    /// <summary>What is refunded of it: filled where a trade is found, never recorded with it.</summary>
    public RefundTotals Refunded;

    /// <summary>The final answer's parts that cannot be rendered again: a replay must be the same bytes for ever.</summary>
    public RecordedAnswer Answer = new();

    public bool IsFinal => Status != TradeStatus.Pending;

    /// <summary>trade_time: when it became final, or, while PENDING, when it was accepted.</summary>
    public long TimeMs => IsFinal ? FinalAtMs : AcceptedAtMs;

    /// <summary>What was claimed, without a result.</summary>
    public Trade CopyOfClaim() => new()
    {
        TradeNo = TradeNo,
        InstId = InstId,
        ReqId = ReqId,
        OrderNo = OrderNo,
        Fingerprint = Fingerprint,
        CodeDigest = CodeDigest,
        BizType = BizType,
        TradeType = TradeType,
        QrType = QrType,
        Amount = Amount,
        Currency = Currency,
        ChannelId = ChannelId,
        Redirects = Redirects,
        Route = Route,
        AcceptedAtMs = AcceptedAtMs,
        Merchant = Merchant,
    };

    /// <summary>
    /// That no money moved is FAILED, or CANCELLED when it was wished: turns one into the other. The answer is to be signed again.
    /// </summary>
    public void TurnByWish()
    {
        bool isWished = Status == TradeStatus.Failed;
        Status = isWished ? TradeStatus.Cancelled : TradeStatus.Failed;
        FailCode = isWished ? RespCode.None : RespCode.TradeTimeout;
    }

    /// <summary>Its channel certainly did not get it, and this one is next: to be recorded (ILedger.RedirectAsync) before it is sent.</summary>
    public void GoTo(ShortText channelId)
    {
        ChannelId = channelId;
        Redirects++;
    }

    /// <summary>It stays where it was: the next channel could not be recorded.</summary>
    public void ComeBack(ShortText channelId, in RouteTrail route)
    {
        ChannelId = channelId;
        Redirects--;
        Route = route;
    }

    /// <summary>Takes a result back that could not be recorded: the trade is PENDING as before.</summary>
    public void Reopen()
    {
        Status = TradeStatus.Pending;
        FailCode = RespCode.None;
        FinalAtMs = 0;
        ChannelTradeNo = default;
        WasReversed = false;
        Answer.Clear();
    }

    /// <summary>Forgets everything, so that the next owner starts from nothing.</summary>
    public void Clear()
    {
        TradeNo = default;
        InstId = default;
        ReqId = default;
        OrderNo = default;
        Fingerprint = default;
        CodeDigest = default;
        BizType = default;
        TradeType = default;
        QrType = default;
        Amount = default;
        Currency = default;
        ChannelId = default;
        Redirects = 0;
        Route = default;
        AcceptedAtMs = 0;
        Merchant = default;
        Status = default;
        FailCode = default;
        FinalAtMs = 0;
        ChannelTradeNo = default;
        WasReversed = false;
        Refunded = default;
        Answer.Clear();
    }
}

/// <summary>What is recorded of a signed final answer; the rest of its bytes follow from the trade.</summary>
public sealed class RecordedAnswer
{
    /// <summary>Longest signature, in bytes: RSA-4096.</summary>
    public const int MaxSignatureLength = 512;

    private readonly byte[] _signature = new byte[MaxSignatureLength];

    public TradeNo RespId;
    public long RespTimeMs;
    public Language Language;
    public ShortText KeyId;

    public int SignatureLength { get; private set; }

    public ReadOnlySpan<byte> Signature => _signature.AsSpan(0, SignatureLength);

    public void SetSignature(ReadOnlySpan<byte> signature)
    {
        signature.CopyTo(_signature);
        SignatureLength = signature.Length;
    }

    public void Clear()
    {
        RespId = default;
        RespTimeMs = 0;
        Language = default;
        KeyId = default;
        SignatureLength = 0;
    }
}
