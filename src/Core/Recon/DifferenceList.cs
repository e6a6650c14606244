using System.Text;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Recon;

/// <summary>
/// Reads diff_list: a JSON array of at most 1,000 flat objects of strings. Strictly, as a request is read: no JSON, another type, a name twice, a value of the
/// wrong form is C002; an unknown name, more than 1,000, or a row that contradicts itself is C003.
/// </summary>
internal sealed class DifferenceList
{
    /// <summary>Most rows of one list.</summary>
    internal const int Most = 1000;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 2 };
    private static readonly string[] Names = ["trade_no", "out_trade_no", "diff_type", "inst_amount", "gw_amount", "currency", "remark"];
    private static readonly MemberRule Remark = new(Member.Unknown, "remark", MemberForm.Text, 1, 256, Masking.LogView.Hidden);

    private readonly HashSet<(DiffType, string)> _numbers = [];
    private readonly HashSet<(DiffType, string)> _orders = [];

    private DifferenceList()
    {
    }

    internal List<Difference> Rows { get; } = [];

    /// <summary>None when it was read. C002 anywhere comes before C003 anywhere.</summary>
    internal static RespCode TryParse(ReadOnlySpan<byte> json, out DifferenceList list)
    {
        list = new DifferenceList();
        try
        {
            var reader = new Utf8JsonReader(json, Strict);
            RespCode code = list.Read(ref reader);
            return code == RespCode.MemberMalformed || !reader.Read() ? code : RespCode.MemberMalformed;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return RespCode.MemberMalformed;
        }
    }

    private RespCode Read(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            return RespCode.MemberMalformed;
        }
        RespCode worst = RespCode.None;
        string?[] values = new string?[Names.Length];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            RespCode code = ReadOne(ref reader, values);
            code = code == RespCode.MemberMalformed ? code : Judge(values, code);
            if (code == RespCode.MemberMalformed)
            {
                return code;
            }
            worst = ++count > Most || code != RespCode.None ? RespCode.MemberIllegal : worst;
        }
        return worst;
    }

    private static RespCode ReadOne(ref Utf8JsonReader reader, string?[] values)
    {
        Array.Clear(values);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return RespCode.MemberMalformed;
        }
        var others = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            int at = Array.IndexOf(Names, name);
            if (!reader.Read() || reader.TokenType != JsonTokenType.String || (at >= 0 ? values[at] is not null : !others.Add(name)))
            {
                return RespCode.MemberMalformed;
            }
            string value = reader.GetString()!;
            if (value.Length == 0 || value.Any(char.IsControl))
            {
                return RespCode.MemberMalformed;
            }
            if (at >= 0)
            {
                values[at] = value;
            }
        }
        return others.Count > 0 ? RespCode.MemberIllegal : RespCode.None;
    }

    private RespCode Judge(string?[] values, RespCode worst)
    {
        if (values is not [var tradeNo, var orderNo, { } diffType, var instAmount, var gwAmount, { } code, var remark])
        {
            return RespCode.MemberMalformed;
        }
        foreach ((string? value, MemberRule rule) in (ReadOnlySpan<(string?, MemberRule)>)
            [(tradeNo, MemberTable.Rule(Member.TradeNo)), (orderNo, MemberTable.Rule(Member.OutTradeNo)), (code, MemberTable.Rule(Member.Currency)), (remark, Remark)])
        {
            if (value is not null && MemberCheck.Check(rule, Encoding.UTF8.GetBytes(value)) != RespCode.None)
            {
                return RespCode.MemberMalformed;
            }
        }
        Currency currency = Currency.Parse(code);
        (RespCode ofInst, long inst) = ReadAmount(instAmount, currency);
        (RespCode ofGw, long gw) = ReadAmount(gwAmount, currency);
        if (ofInst == RespCode.MemberMalformed || ofGw == RespCode.MemberMalformed)
        {
            return RespCode.MemberMalformed;
        }
        var difference = new Difference(diffType switch { "02" => DiffType.OursIsMissing, "03" => DiffType.TheirsIsMissing, "04" => DiffType.Unequal, _ => DiffType.None }, currency)
        {
            Number = tradeNo is null ? default : TradeNo.Parse(Encoding.ASCII.GetBytes(tradeNo)),
            HasNumber = tradeNo is not null,
            OrderNo = orderNo ?? "",
            InstAmount = inst,
            GwAmount = gw,
        };
        bool isNew = (tradeNo is null || _numbers.Add((difference.Type, tradeNo))) & (orderNo is null || _orders.Add((difference.Type, orderNo)));
        bool isFine = currency.IsKnown && isNew && ofInst == RespCode.None && ofGw == RespCode.None && worst == RespCode.None && difference.Type switch
        {
            DiffType.OursIsMissing => (orderNo is not null || tradeNo is not null) && inst > 0 && gwAmount is null,
            DiffType.TheirsIsMissing => tradeNo is not null && gw > 0 && instAmount is null,
            DiffType.Unequal => tradeNo is not null && inst > 0 && gw > 0 && inst != gw,
            _ => false,
        };
        Rows.Add(difference);
        return isFine ? RespCode.None : RespCode.MemberIllegal;
    }

    private static (RespCode Code, long MinorUnits) ReadAmount(string? text, Currency currency)
    {
        if (text is null)
        {
            return (RespCode.None, 0);
        }
        AmountForm form = Amount.TryParse(Encoding.UTF8.GetBytes(text), currency.IsKnown ? currency.Exponent : 3, out Amount amount);
        return (MemberCheck.FromAmountForm(form), amount.MinorUnits);
    }
}
