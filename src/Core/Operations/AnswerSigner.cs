using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;
using HotPath.Signing;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Operations;

/// <summary>Makes answers: fresh ones (refusals, PENDING, queries), final ones that are signed once and recorded, and their repetitions.</summary>
public sealed class AnswerSigner(GatewayKeys keys, ILedger ledger, TimeProvider clock)
{
    // Names that may be shown in resp_msg: an unknown member's name is the caller's text.
    private const int MaxShownName = 32;

    // A channel that hung ends thousands of payments at once that nobody waits for any more, and ten kilobytes each would be garbage at the worst moment.
    private readonly ObjectPool<AnswerBuffer> _unread = new DefaultObjectPool<AnswerBuffer>(new DefaultPooledObjectPolicy<AnswerBuffer>());

    /// <summary>Signs a refusal. Echoes what was read and is well formed. The trade is shown where B005 names one.</summary>
    public void Refuse(RequestSlot slot, Rejection rejection, Institution? institution, TradeView view = TradeView.None)
    {
        // A stranger's own sign_type, where it was read: the one that he can verify.
        SigningKey key = keys.For(institution?.SignType ?? slot.SignType);
        slot.Answer.Lay(new Answer
        {
            Code = rejection.Code,
            Language = institution?.Language ?? Language.Chinese,
            RespId = ledger.NextNo(),
            RespTimeMs = NowMs,
            KeyId = key.KeyIdUtf8.Span,
            ReqId = Echo(slot, Member.ReqId),
            InstId = Echo(slot, Member.InstId),
            BizType = slot.BizType,
            Offender = Offender(slot, rejection.Member),
            View = view,
            Trade = slot.Trade,
            Refund = slot.Refund,
        });
        Sign(slot.Answer, key);
    }

    /// <summary>Signs a fresh answer that shows the slot's trade or refund: 0001 while it is PENDING, or a query's 0000.</summary>
    public void Show(RequestSlot slot, RespCode code, Institution institution, TradeView view)
    {
        SigningKey key = keys.For(institution.SignType);
        slot.Answer.Lay(new Answer
        {
            Code = code,
            Language = institution.Language,
            RespId = ledger.NextNo(),
            RespTimeMs = NowMs,
            KeyId = key.KeyIdUtf8.Span,
            ReqId = slot[Member.ReqId],
            InstId = slot[Member.InstId],
            BizType = slot.BizType,
            View = view,
            Trade = slot.Trade,
            Refund = slot.Refund,
        });
        Sign(slot.Answer, key);
    }

    /// <summary>Signs a page of trades, whose list is in the slot's answer: 0000.</summary>
    internal void Show(RequestSlot slot, Institution institution, TradePage page) => Show(slot, institution, page, recon: null);

    /// <summary>Signs a fresh 0000 about reconciliation.</summary>
    public void Show(RequestSlot slot, Institution institution, ReconAnswer recon) => Show(slot, institution, page: null, recon);

    private void Show(RequestSlot slot, Institution institution, TradePage? page, ReconAnswer? recon)
    {
        SigningKey key = keys.For(institution.SignType);
        slot.Answer.Lay(new Answer
        {
            Code = RespCode.Success,
            Language = institution.Language,
            RespId = ledger.NextNo(),
            RespTimeMs = NowMs,
            KeyId = key.KeyIdUtf8.Span,
            ReqId = slot[Member.ReqId],
            InstId = slot[Member.InstId],
            BizType = slot.BizType,
            Page = page,
            Recon = recon,
        });
        Sign(slot.Answer, key);
    }

    /// <summary>
    /// Signs the final answer of a trade and puts into it what must be recorded for its repetitions. Called once in a trade's life, by
    /// whoever records the result.
    /// </summary>
    /// <param name="buffer">Where the answer is laid out.</param>
    /// <param name="trade">The trade, final.</param>
    /// <param name="institution">Whose it is: its language and its sign type, as they are now, stay this answer's for ever. Null when it is not registered any more.</param>
    public void SignFinal(AnswerBuffer buffer, Trade trade, Institution? institution)
    {
        SigningKey key = Begin(trade.Answer, institution);
        LayFinal(buffer, trade);
        End(buffer, trade.Answer, key);
    }

    /// <summary>Signs the final answer of a refund; again, when it could not be recorded with the total that it says.</summary>
    /// <inheritdoc cref="SignFinal(AnswerBuffer, Trade, Institution?)"/>
    public void SignFinal(AnswerBuffer buffer, Refund refund, Institution? institution)
    {
        SigningKey key = Begin(refund.Answer, institution);
        LayFinal(buffer, refund);
        End(buffer, refund.Answer, key);
    }

    /// <summary>Signs the final answer of a wish to cancel.</summary>
    /// <param name="buffer">Where the answer is laid out.</param>
    /// <param name="cancel">The wish, with its code.</param>
    /// <param name="trade">Its trade; final, unless the wish was never sent.</param>
    /// <param name="institution">As of a trade.</param>
    public void SignFinal(AnswerBuffer buffer, Cancellation cancel, Trade trade, Institution? institution)
    {
        SigningKey key = Begin(cancel.Answer, institution);
        LayFinal(buffer, cancel, trade);
        End(buffer, cancel.Answer, key);
    }

    /// <summary>Signs a final answer that nobody waits for: it is laid out to be signed and recorded, and sent when somebody asks.</summary>
    /// <inheritdoc cref="SignFinal(AnswerBuffer, Trade, Institution?)"/>
    public void SignFinal(Trade trade, Institution? institution)
    {
        AnswerBuffer buffer = _unread.Get();
        SignFinal(buffer, trade, institution);
        _unread.Return(buffer);
    }

    /// <inheritdoc cref="SignFinal(Trade, Institution?)"/>
    public void SignFinal(Refund refund, Institution? institution)
    {
        AnswerBuffer buffer = _unread.Get();
        SignFinal(buffer, refund, institution);
        _unread.Return(buffer);
    }

    /// <inheritdoc cref="SignFinal(Trade, Institution?)"/>
    public void SignFinal(Cancellation cancel, Trade trade, Institution? institution)
    {
        AnswerBuffer buffer = _unread.Get();
        SignFinal(buffer, cancel, trade, institution);
        _unread.Return(buffer);
    }

    /// <summary>The recorded final answer, byte for byte: no signature is made.</summary>
    public static void Repeat(AnswerBuffer buffer, Trade trade)
    {
        LayFinal(buffer, trade);
        buffer.Seal(trade.Answer.Signature);
    }

    /// <inheritdoc cref="Repeat(AnswerBuffer, Trade)"/>
    public static void Repeat(AnswerBuffer buffer, Refund refund)
    {
        LayFinal(buffer, refund);
        buffer.Seal(refund.Answer.Signature);
    }

    /// <inheritdoc cref="Repeat(AnswerBuffer, Trade)"/>
    public static void Repeat(AnswerBuffer buffer, Cancellation cancel, Trade trade)
    {
        LayFinal(buffer, cancel, trade);
        buffer.Seal(cancel.Answer.Signature);
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private SigningKey Begin(RecordedAnswer answer, Institution? institution)
    {
        SigningKey key = keys.For(institution?.SignType ?? SignType.Rsa2);
        answer.RespId = ledger.NextNo();
        answer.RespTimeMs = NowMs;
        answer.Language = institution?.Language ?? Language.Chinese;
        answer.KeyId.Set(key.KeyIdUtf8.Span);
        return key;
    }

    private static void End(AnswerBuffer buffer, RecordedAnswer answer, SigningKey key)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        int length = key.Sign(buffer.SigningText, signature);
        answer.SetSignature(signature[..length]);
        buffer.Seal(signature[..length]);
    }

    // Everything here comes from the trade as it is recorded, nothing from the request: whoever lays it out, whenever, gets the same bytes.
    private static void LayFinal(AnswerBuffer buffer, Trade trade)
    {
        Span<byte> instId = stackalloc byte[InstId.MaxLength];
        buffer.Lay(new Answer
        {
            Code = FinalCode(trade.Status, trade.FailCode),
            Language = trade.Answer.Language,
            RespId = trade.Answer.RespId,
            RespTimeMs = trade.Answer.RespTimeMs,
            KeyId = trade.Answer.KeyId.Span,
            ReqId = trade.ReqId.Span,
            InstId = instId[..trade.InstId.Format(instId)],
            BizType = trade.BizType,
            View = TradeView.Payment,
            Trade = trade,
        });
    }

    private static void LayFinal(AnswerBuffer buffer, Refund refund)
    {
        Span<byte> instId = stackalloc byte[InstId.MaxLength];
        buffer.Lay(new Answer
        {
            Code = FinalCode(refund.Status, refund.FailCode),
            Language = refund.Answer.Language,
            RespId = refund.Answer.RespId,
            RespTimeMs = refund.Answer.RespTimeMs,
            KeyId = refund.Answer.KeyId.Span,
            ReqId = refund.ReqId.Span,
            InstId = instId[..refund.InstId.Format(instId)],
            BizType = BizType.Refund,
            View = TradeView.Refund,
            Refund = refund,
        });
    }

    // One that was never sent shows no trade: that may end at any moment, and these bytes must not change.
    private static void LayFinal(AnswerBuffer buffer, Cancellation cancel, Trade trade)
    {
        Span<byte> instId = stackalloc byte[InstId.MaxLength];
        buffer.Lay(new Answer
        {
            Code = cancel.Code,
            Language = cancel.Answer.Language,
            RespId = cancel.Answer.RespId,
            RespTimeMs = cancel.Answer.RespTimeMs,
            KeyId = cancel.Answer.KeyId.Span,
            ReqId = cancel.ReqId.Span,
            InstId = instId[..cancel.InstId.Format(instId)],
            BizType = BizType.TradeCancel,
            View = cancel.WasNeverSent ? TradeView.None : TradeView.Cancel,
            Trade = trade,
        });
    }

    /// <summary>resp_code of what the slot is about, once it is final: 0000, its fail code, a cancelled payment's B001, or what a cancel was told.</summary>
    public static RespCode FinalCode(RequestSlot slot) => slot.IsCancel ? slot.Cancel.Code
        : slot.IsOfRefund ? FinalCode(slot.Refund.Status, slot.Refund.FailCode)
        : FinalCode(slot.Trade.Status, slot.Trade.FailCode);

    /// <summary>resp_code of a trade or refund that has ended so.</summary>
    public static RespCode FinalCode(TradeStatus status, RespCode failCode) => status switch
    {
        TradeStatus.Success => RespCode.Success,
        TradeStatus.Failed => failCode,
        _ => RespCode.TradeTimeout,
    };

    private static void Sign(AnswerBuffer buffer, SigningKey key)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        buffer.Seal(signature[..key.Sign(buffer.SigningText, signature)]);
    }

    private static ReadOnlySpan<byte> Echo(RequestSlot slot, Member member)
    {
        ReadOnlySpan<byte> value = slot[member];
        return !value.IsEmpty && MemberCheck.Check(MemberTable.Rule(member), value) == RespCode.None ? value : default;
    }

    private static ReadOnlySpan<byte> Offender(RequestSlot slot, Member member)
    {
        if (member == Member.Unknown)
        {
            ReadOnlySpan<byte> name = slot.UnknownName;
            bool isHarmless = name.Length is >= 1 and <= MaxShownName;
            foreach (byte letter in name)
            {
                isHarmless &= letter is (>= (byte)'a' and <= (byte)'z') or (byte)'_';
            }
            return isHarmless ? name : default;
        }
        return member == Member.None ? default : MemberTable.NameOf(member);
    }
}
