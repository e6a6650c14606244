namespace HotPath.Core.Model;

/// <summary>
/// One request to cancel a trade (撤单) as the ledger keeps it: the wish, and, once the trade has ended, the answer that was signed for it.
/// Mutable and reused, like <see cref="Trade"/>.
/// </summary>
/// <remarks>It has no result of its own: whether the trade was cancelled stands in the trade, and this says what its institution was told.</remarks>
public sealed class Cancellation
{
    // The wish: written once, before a reversal leaves the house.

    /// <summary>Of the same series as trade numbers; no institution or channel ever sees it.</summary>
    public TradeNo CancelNo;

    /// <summary>The trade that is to be cancelled.</summary>
    public TradeNo TradeNo;
    public InstId InstId;
    public ShortText ReqId;
    public Digest Fingerprint;
    public long AcceptedAtMs;

    // The end: written once, when the trade has ended, or the reversal certainly could not be sent.

    /// <summary>resp_code: 0000, B007 or A003; None until then.</summary>
    public RespCode Code;

    /// <summary>What the answer says of the trade; PENDING with A003.</summary>
    public TradeStatus TradeStatus;
    public long FinalAtMs;

    /// <summary>The final answer's parts that cannot be rendered again: a replay must be the same bytes for ever.</summary>
    public RecordedAnswer Answer = new();

    public bool IsFinal => Code != RespCode.None;

    /// <summary>
    /// Its reversal could not be sent and nothing changed (A003): the request was not executed, and its req_id may be used again (protocol, section 3).
    /// </summary>
    public bool WasNeverSent => Code == RespCode.NetworkError;

    /// <summary>The wish, without an end.</summary>
    public Cancellation CopyOfWish() => new()
    {
        CancelNo = CancelNo,
        TradeNo = TradeNo,
        InstId = InstId,
        ReqId = ReqId,
        Fingerprint = Fingerprint,
        AcceptedAtMs = AcceptedAtMs,
    };

    /// <summary>Forgets everything, so that the next owner starts from nothing.</summary>
    public void Clear()
    {
        CancelNo = default;
        TradeNo = default;
        InstId = default;
        ReqId = default;
        Fingerprint = default;
        AcceptedAtMs = 0;
        Code = RespCode.None;
        TradeStatus = default;
        FinalAtMs = 0;
        Answer.Clear();
    }
}
