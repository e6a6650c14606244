using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;
using HotPath.Signing;

namespace HotPath.Core.Operations;

/// <summary>Makes answers: fresh ones (refusals, PENDING, queries), final ones that are signed once and recorded, and their repetitions.</summary>
public sealed class AnswerSigner(GatewayKeys keys, ILedger ledger, TimeProvider clock)
{
    // Names that may be shown in resp_msg: an unknown member's name is the caller's text.
    private const int MaxShownName = 32;

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
        });
        Sign(slot.Answer, key);
    }

    /// <summary>Signs a fresh answer that shows the slot's trade: 0001 while it is PENDING, or a query's 0000.</summary>
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
        SigningKey key = keys.For(institution?.SignType ?? SignType.Rsa2);
        trade.Answer.RespId = ledger.NextNo();
        trade.Answer.RespTimeMs = NowMs;
        trade.Answer.Language = institution?.Language ?? Language.Chinese;
        trade.Answer.KeyId.Set(key.KeyIdUtf8.Span);
        LayFinal(buffer, trade);
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        int length = key.Sign(buffer.SigningText, signature);
        trade.Answer.SetSignature(signature[..length]);
        buffer.Seal(signature[..length]);
    }

    /// <summary>The recorded final answer, byte for byte: no signature is made.</summary>
    public static void Repeat(AnswerBuffer buffer, Trade trade)
    {
        LayFinal(buffer, trade);
        buffer.Seal(trade.Answer.Signature);
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();

    // Everything here comes from the trade as it is recorded, nothing from the request: whoever lays it out, whenever, gets the same bytes.
    private static void LayFinal(AnswerBuffer buffer, Trade trade)
    {
        Span<byte> instId = stackalloc byte[InstId.MaxLength];
        buffer.Lay(new Answer
        {
            Code = FinalCode(trade),
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

    /// <summary>resp_code of a final trade: 0000, its fail code, or, cancelled, B001.</summary>
    public static RespCode FinalCode(Trade trade) => trade.Status switch
    {
        TradeStatus.Success => RespCode.Success,
        TradeStatus.Failed => trade.FailCode,
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
