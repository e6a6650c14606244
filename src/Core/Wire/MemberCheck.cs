using System.Buffers.Text;
using System.Text;
using HotPath.Core.Model;

namespace HotPath.Core.Wire;

/// <summary>Holds one value against its row of the table.</summary>
public static class MemberCheck
{
    /// <summary>None, MemberMalformed (C002) or MemberIllegal (C003).</summary>
    public static RespCode Check(MemberRule rule, ReadOnlySpan<byte> value) => rule.Form switch
    {
        MemberForm.Text => HasLength(rule, CountCodePoints(value)),
        MemberForm.Token => IsOf(rule, value, Alphabets.Token),
        MemberForm.Alphanumeric => IsOf(rule, value, Alphabets.Alphanumeric),
        MemberForm.Digits => IsOf(rule, value, Alphabets.Digits),
        MemberForm.Time => BeijingTime.TryParse(value, out _) ? RespCode.None : RespCode.MemberMalformed,
        MemberForm.Day => BeijingDay.TryParse(value, out _) ? RespCode.None : RespCode.MemberMalformed,
        MemberForm.Count => value is [(byte)'0', _, ..] ? RespCode.MemberMalformed : IsOf(rule, value, Alphabets.Digits),
        MemberForm.Hash => IsOf(rule, value, Alphabets.Hexadecimal),
        MemberForm.Currency => Currency.IsWellFormed(value) ? RespCode.None : RespCode.MemberMalformed,
        // Three digits at most here; how many the currency has is asked where the currency is known.
        MemberForm.Amount => FromAmountForm(Amount.TryParse(value, 3, out _)),
        MemberForm.Number => IsWithin(rule, value),
        MemberForm.List => CheckList(rule, value),
        MemberForm.Listed => IsListed(rule, value) ? RespCode.None : RespCode.MemberIllegal,
        MemberForm.Ciphertext => HasLength(rule, value.Length),
        _ => RespCode.None,
    };

    /// <summary>The code of an amount's form.</summary>
    public static RespCode FromAmountForm(AmountForm form) => form switch
    {
        AmountForm.Ok => RespCode.None,
        AmountForm.Zero => RespCode.MemberIllegal,
        _ => RespCode.MemberMalformed,
    };

    /// <summary>True for a byte string without a control character (Unicode category Cc: U+0000–1F, U+007F–9F).</summary>
    public static bool HasNoControls(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IndexOfAnyInRange((byte)0, (byte)0x1F) >= 0 || utf8.Contains((byte)0x7F))
        {
            return false;
        }
        // U+0080 to U+009F are C2 80 to C2 9F.
        for (int at = utf8.IndexOf((byte)0xC2); at >= 0;)
        {
            if (utf8[at + 1] <= 0x9F)
            {
                return false;
            }
            int next = utf8[(at + 2)..].IndexOf((byte)0xC2);
            at = next < 0 ? -1 : at + 2 + next;
        }
        return true;
    }

    private static RespCode IsOf(MemberRule rule, ReadOnlySpan<byte> value, System.Buffers.SearchValues<byte> alphabet) =>
        value.ContainsAnyExcept(alphabet) ? RespCode.MemberMalformed : HasLength(rule, value.Length);

    private static RespCode HasLength(MemberRule rule, int length) =>
        length >= rule.Min && length <= rule.Max ? RespCode.None : RespCode.MemberMalformed;

    // What is no number at all is malformed; zero, a negative one and one beyond any limit are numbers that nobody means.
    private static RespCode IsWithin(MemberRule rule, ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> digits = value[0] == '-' ? value[1..] : value;
        if (digits.IsEmpty || digits.ContainsAnyExcept(Alphabets.Digits) || (digits[0] == '0' && value.Length > 1))
        {
            return RespCode.MemberMalformed;
        }
        bool isWithin = Utf8Parser.TryParse(value, out long number, out int length) && length == value.Length && number >= rule.Min && number <= rule.Max;
        return isWithin ? RespCode.None : RespCode.MemberIllegal;
    }

    private static RespCode CheckList(MemberRule rule, ReadOnlySpan<byte> value)
    {
        MemberRule element = MemberTable.Rule(rule.Element);
        var list = new TextList(value);
        int count = 0;
        while (list.Read())
        {
            count++;
            if (Check(element, list.Current) != RespCode.None)
            {
                return RespCode.MemberMalformed;
            }
        }
        return list.IsMalformed ? RespCode.MemberMalformed : count < rule.Min || count > rule.Max ? RespCode.MemberIllegal : RespCode.None;
    }

    private static bool IsListed(MemberRule rule, ReadOnlySpan<byte> value)
    {
        foreach (byte[] listed in rule.ValuesUtf8)
        {
            // charset may come in any letter case, everything else as it is written in the table.
            if (value.SequenceEqual(listed) || (rule.Member == Member.Charset && Ascii.EqualsIgnoreCase(value, listed)))
            {
                return true;
            }
        }
        return false;
    }

    // The bytes are valid UTF-8 by now: every byte but a continuation byte (10xxxxxx) begins a code point.
    private static int CountCodePoints(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte unit in utf8)
        {
            count += (unit & 0xC0) != 0x80 ? 1 : 0;
        }
        return count;
    }

    private static class Alphabets
    {
        internal static readonly System.Buffers.SearchValues<byte> Digits = System.Buffers.SearchValues.Create("0123456789"u8);

        internal static readonly System.Buffers.SearchValues<byte> Hexadecimal = System.Buffers.SearchValues.Create("0123456789abcdef"u8);

        internal static readonly System.Buffers.SearchValues<byte> Alphanumeric =
            System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"u8);

        internal static readonly System.Buffers.SearchValues<byte> Token =
            System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);
    }
}
