using System.Text.Json;
using System.Text.Unicode;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Signing;

namespace HotPath.Core.Wire;

/// <summary>
/// Reads a body into a slot's members and judges everything that can be judged without knowing the caller: JSON form, then the common
/// members (missing, malformed, illegal), then unknown names. Values stay bytes; there is no string on the way.
/// </summary>
public static class RequestReader
{
    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 1, AllowTrailingCommas = false, CommentHandling = JsonCommentHandling.Disallow };

    /// <summary>Step 2 of the corridor.</summary>
    public static Rejection Read(RequestSlot slot)
    {
        Rejection form = ReadForm(slot);
        slot.BizType = BizTypes.Parse(slot[Member.BizType]);
        // One that is not known is refused by the table, C003.
        _ = SignTypes.TryParse(slot[Member.SignType], out SignType signType);
        slot.SignType = signType;
        return form.IsRefusal ? form : CheckCommon(slot);
    }

    /// <summary>The interface's own members, checked after the signature: C001, then C002, then C003, each in the specification's order.</summary>
    public static Rejection CheckInterface(RequestSlot slot)
    {
        ReadOnlySpan<Member> members = MemberTable.Of(slot.BizType);
        if (MemberTable.NeedsOnlyOne(slot.BizType))
        {
            bool hasOne = false;
            foreach (Member member in members)
            {
                hasOne |= slot.Has(member);
            }
            if (!hasOne)
            {
                return new Rejection(RespCode.MemberMissing, members[0]);
            }
        }
        else if ((slot.BizType == BizType.TradeBatchQuery ? BatchQueryForm.FirstMissing(slot) : FirstMissing(slot, MemberTable.RequiredOf(slot.BizType)))
            is { IsRefusal: true } missing)
        {
            return missing;
        }
        ReadMoney(slot);
        slot.Code = default;
        Rejection malformed = FirstWith(slot, members, RespCode.MemberMalformed);
        return malformed.IsRefusal ? malformed : FirstWith(slot, members, RespCode.MemberIllegal);
    }

    /// <summary>What qr_type says, once it has been checked.</summary>
    public static QrType QrTypeOf(RequestSlot slot) => slot[Member.QrType].SequenceEqual("01"u8) ? QrType.Dynamic : QrType.Static;

    /// <summary>Writes the signing string of what was read into the slot.</summary>
    public static void WriteSigningText(RequestSlot slot)
    {
        var text = new SigningText(slot.SigningBuffer);
        for (Member member = 0; member < Member.Count; member++)
        {
            if (member != Member.Sign && slot.Has(member))
            {
                text.Append(MemberTable.Rule(member).NameUtf8, slot[member]);
            }
        }
        slot.SetSigningText(text.Length);
    }

    /// <summary>
    /// SHA-256 of the signing string without what may differ between a request and its repetition (protocol, section 3). Overwrites the
    /// signing string, which has served by then.
    /// </summary>
    public static Digest Fingerprint(RequestSlot slot)
    {
        var text = new SigningText(slot.SigningBuffer);
        for (Member member = 0; member < Member.Count; member++)
        {
            // face_data among them: the same face may be ciphered anew for the repetition, and nothing of it is to be kept, not even a digest.
            bool mayDiffer = member is Member.Sign or Member.ReqTime or Member.Nonce or Member.Version or Member.Charset or Member.SignType or Member.KeyId
                or Member.FaceData;
            if (!mayDiffer && slot.Has(member))
            {
                text.Append(MemberTable.Rule(member).NameUtf8, slot[member]);
            }
        }
        slot.SetSigningText(0);
        return Digest.Of(text.Text);
    }

    private static Rejection ReadForm(RequestSlot slot)
    {
        ReadOnlySpan<byte> body = slot.Body;
        if (!Utf8.IsValid(body))
        {
            return Rejection.Of(RespCode.MemberMalformed);
        }
        try
        {
            return ReadMembers(slot, body);
        }
        // What is not JSON, and (InvalidOperation) an escaped half of a surrogate pair. Paid for by whoever sends it; see AnswerDesk.RefuseStranger.
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return Rejection.Of(RespCode.MemberMalformed);
        }
    }

    private static Rejection ReadMembers(RequestSlot slot, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, Strict);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return Rejection.Of(RespCode.MemberMalformed);
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            TextRange nameRange = RangeOf(slot, ref reader);
            ReadOnlySpan<byte> name = slot.Slice(nameRange);
            Member member = MemberTable.Find(name);
            bool isRepeated = member == Member.Unknown ? slot.HasUnknownName(name) : slot.Has(member);
            if (isRepeated)
            {
                // Which of the two was meant? Neither is used, nor echoed.
                if (member != Member.Unknown)
                {
                    slot.Set(member, default);
                }
                return new Rejection(RespCode.MemberMalformed, member == Member.Unknown ? Member.None : member);
            }
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            {
                return new Rejection(RespCode.MemberMalformed, member == Member.Unknown ? Member.None : member);
            }
            TextRange value = RangeOf(slot, ref reader);
            if (value.Length == 0 || !MemberCheck.HasNoControls(slot.Slice(value)))
            {
                return new Rejection(RespCode.MemberMalformed, member == Member.Unknown ? Member.None : member);
            }
            if (member == Member.Unknown)
            {
                // More unknown names than are kept could not be told apart any more; nobody sends that many by mistake.
                if (!slot.TryAddUnknownName(nameRange))
                {
                    return Rejection.Of(RespCode.MemberMalformed);
                }
            }
            else
            {
                slot.Set(member, value);
            }
        }
        // Past the closing brace there may be white space and nothing else; the reader throws for anything but that.
        return reader.TokenType == JsonTokenType.EndObject && !reader.Read() ? default : Rejection.Of(RespCode.MemberMalformed);
    }

    private static TextRange RangeOf(RequestSlot slot, ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            // TokenStartIndex is the opening quote.
            return new TextRange((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }
        int length = reader.CopyString(slot.UnescapeBuffer);
        return slot.KeepUnescaped(length);
    }

    private static Rejection CheckCommon(RequestSlot slot)
    {
        if (FirstMissing(slot, MemberTable.CommonRequired) is { IsRefusal: true } missing)
        {
            return missing;
        }
        foreach (RespCode code in (ReadOnlySpan<RespCode>)[RespCode.MemberMalformed, RespCode.MemberIllegal])
        {
            Rejection required = FirstWith(slot, MemberTable.CommonRequired, code);
            Rejection optional = required.IsRefusal ? required : FirstWith(slot, MemberTable.CommonOptional, code);
            if (optional.IsRefusal)
            {
                return optional;
            }
        }
        slot.ReqTimeMs = BeijingTime.TryParse(slot[Member.ReqTime], out long reqTimeMs) ? reqTimeMs : 0;
        return FirstForeign(slot);
    }

    private static Rejection FirstMissing(RequestSlot slot, ReadOnlySpan<Member> members)
    {
        foreach (Member member in members)
        {
            if (!slot.Has(member))
            {
                return new Rejection(RespCode.MemberMissing, member);
            }
        }
        return default;
    }

    private static Rejection FirstWith(RequestSlot slot, ReadOnlySpan<Member> members, RespCode code)
    {
        foreach (Member member in members)
        {
            if (slot.Has(member) && Judge(slot, member) == code)
            {
                return new Rejection(code, member);
            }
        }
        return default;
    }

    // A member's own form, and the rules that need other members.
    private static RespCode Judge(RequestSlot slot, Member member)
    {
        if (member == Member.TotalAmount && slot.Currency.IsKnown)
        {
            // Not its own form first: "0.00" JPY has too many digits before it is nothing.
            return MemberCheck.FromAmountForm(Amount.TryParse(slot[member], slot.Currency.Exponent, out _));
        }
        RespCode own = MemberCheck.Check(MemberTable.Rule(member), slot[member]);
        if (own != RespCode.None)
        {
            return own;
        }
        if (member == Member.Currency && !slot.Currency.IsKnown)
        {
            return RespCode.MemberIllegal;
        }
        if (member == Member.QrContent)
        {
            return QrDefects.CodeOf(JudgeCode(slot));
        }
        if (slot.BizType == BizType.TradeBatchQuery)
        {
            return BatchQueryForm.Judge(slot, member);
        }
        return member != Member.TradeType || FitsTheInterface(slot, TradeTypes.Parse(slot[member])) ? RespCode.None : RespCode.MemberIllegal;
    }

    // FACEPAY with FACE_PAY and nothing else. NATIVE: the merchant made the code for this one payment.
    private static bool FitsTheInterface(RequestSlot slot, TradeType type) =>
        (type == TradeType.FacePay) == (slot.BizType == BizType.FacePay) && (type != TradeType.Native || slot[Member.QrType].SequenceEqual("01"u8));

    // Read once, and held against qr_type, currency and amount. They stand before it in the table: when its turn comes to be illegal, they
    // are not.
    private static QrDefect JudgeCode(RequestSlot slot)
    {
        if (slot.Code.Kind == QrKind.None)
        {
            ReadOnlySpan<byte> content = slot[Member.QrContent];
            QrReading reading = QrReader.Read(content);
            slot.Code = reading with { Defect = QrReader.Compare(reading, content, QrTypeOf(slot), slot.Currency, slot.Amount) };
        }
        return slot.Code.Defect;
    }

    // A member that no table knows, or that another interface has.
    private static Rejection FirstForeign(RequestSlot slot)
    {
        if (slot.UnknownNameCount > 0)
        {
            return new Rejection(RespCode.MemberIllegal, Member.Unknown);
        }
        for (Member member = 0; member < Member.Count; member++)
        {
            bool isKnownHere = MemberTable.CommonRequired.AsSpan().Contains(member) || MemberTable.CommonOptional.AsSpan().Contains(member) ||
                MemberTable.Of(slot.BizType).Contains(member);
            if (slot.Has(member) && !isKnownHere)
            {
                return new Rejection(RespCode.MemberIllegal, member);
            }
        }
        return default;
    }

    private static void ReadMoney(RequestSlot slot)
    {
        if (slot.Has(Member.Currency) && slot.Has(Member.TotalAmount))
        {
            slot.Currency = Currency.Parse(slot[Member.Currency]);
            // Whether it could be read is asked again, member by member, in the order of the table.
            _ = Amount.TryParse(slot[Member.TotalAmount], slot.Currency.Exponent, out Amount amount);
            slot.Amount = amount;
        }
    }
}
