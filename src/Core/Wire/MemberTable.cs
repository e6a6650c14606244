using System.Text;
using HotPath.Core.Masking;
using HotPath.Core.Model;
using HotPath.Signing;

namespace HotPath.Core.Wire;

/// <summary>The form a value must have; what breaks it is C002, or C003 where the form is a list of values.</summary>
public enum MemberForm : byte
{
    /// <summary>Any characters but control characters; the length counts Unicode code points.</summary>
    Text,

    /// <summary><c>A-Za-z0-9_-</c>.</summary>
    Token,

    /// <summary><c>A-Za-z0-9</c>.</summary>
    Alphanumeric,

    /// <summary><c>0-9</c>.</summary>
    Digits,

    /// <summary><c>yyyyMMddHHmmss</c>, a real date and time.</summary>
    Time,

    /// <summary><c>yyyyMMdd</c>, a real day.</summary>
    Day,

    /// <summary>A whole number of up to nine digits, without leading zeroes.</summary>
    Count,

    /// <summary>A SHA-256 value, small hexadecimal digits.</summary>
    Hash,

    /// <summary>Major units, see <see cref="Model.Amount"/>.</summary>
    Amount,

    /// <summary>Three letters A to Z.</summary>
    Currency,

    /// <summary>One of <see cref="MemberRule.Values"/>; anything else is C003.</summary>
    Listed,

    /// <summary>Judged elsewhere: the signature, by D001.</summary>
    Opaque,

    /// <summary>A whole number, of which <see cref="MemberRule.Min"/> and <see cref="MemberRule.Max"/> are the limits; beyond them it is C003.</summary>
    Number,

    /// <summary>A compact JSON array of strings, each of the form of <see cref="MemberRule.Element"/>; fewer or more than the limits are C003.</summary>
    List,

    /// <summary>Ciphertext that only the channel can read: any characters but control characters; the length counts bytes of UTF-8.</summary>
    Ciphertext,
}

/// <summary>One member: its name, form, limits and who may see it.</summary>
public sealed record MemberRule(Member Member, string Name, MemberForm Form, int Min, int Max, LogView Log, params string[] Values)
{
    /// <summary>Of a list: what each of its strings is.</summary>
    public Member Element { get; init; } = Member.None;

    internal byte[] NameUtf8 { get; } = Encoding.ASCII.GetBytes(Name);

    internal byte[][] ValuesUtf8 { get; } = [.. Values.Select(Encoding.UTF8.GetBytes)];
}

/// <summary>
/// The one table of members. Reading, validation, log masking and the API reference follow it; a new member is a new row here and
/// a name in <see cref="Member"/>.
/// </summary>
public static class MemberTable
{
    /// <summary>Longest face_data, in bytes of UTF-8 (protocol, section 4).</summary>
    public const int MaxFaceDataBytes = 48 * 1024;

    /// <summary>Every member, indexed by <see cref="Member"/>.</summary>
    public static readonly MemberRule[] Rules = BuildRules();

    /// <summary>Members of every call that must be there, in the specification's order (2.2).</summary>
    public static readonly Member[] CommonRequired =
        [Member.Version, Member.Charset, Member.SignType, Member.Sign, Member.BizType, Member.ReqTime, Member.ReqId, Member.InstId];

    /// <summary>Members of every call that may be there.</summary>
    public static readonly Member[] CommonOptional = [Member.Nonce, Member.KeyId];

    private static readonly Member[] ScanPay =
    [
        Member.OutTradeNo, Member.TotalAmount, Member.Currency, Member.TradeType, Member.QrType, Member.QrContent, Member.Body,
        Member.TerminalType, Member.TerminalId,
    ];

    private static readonly Member[] FacePay =
    [
        Member.OutTradeNo, Member.TotalAmount, Member.Currency, Member.TradeType, Member.FaceData, Member.FaceDeviceId, Member.MerchantId,
        Member.TerminalId,
    ];

    private static readonly Member[] Refund =
        [Member.OrigTradeNo, Member.OutTradeNo, Member.RefundNo, Member.RefundAmount, Member.RefundType];

    private static readonly Member[] TradeCancel = [Member.OrigTradeNo, Member.OutTradeNo];

    private static readonly Member[] TradeQuery = [Member.TradeNo, Member.OutTradeNo];

    private static readonly Member[] RefundQuery = [Member.RefundNo, Member.RefundId];

    private static readonly Member[] TradeBatchQuery =
    [
        Member.TradeNoList, Member.OutTradeNoList, Member.StartTime, Member.EndTime, Member.TradeStatus, Member.PageNo, Member.PageSize, Member.SnapshotNo,
    ];

    private static readonly Member[] ReconDownload = [Member.SettleDate, Member.ReconType];

    private static readonly Member[] ReconUpload =
    [
        Member.SettleDate, Member.ReconType, Member.ReconResult, Member.TotalCount, Member.AmountSummary, Member.FileHash, Member.DiffCount, Member.DiffList,
    ];

    // Names by their length: at most four candidates to compare.
    private static readonly MemberRule[][] ByLength = BuildByLength();

    /// <summary>The members of an interface besides the common ones, in the specification's order. All required, except for a query's or a cancel's two, an
    /// upload's list, and what <see cref="BatchQueryForm"/> says of a batch query.</summary>
    public static ReadOnlySpan<Member> Of(BizType type) => type switch
    {
        BizType.ScanPay => ScanPay,
        BizType.FacePay => FacePay,
        BizType.Refund => Refund,
        BizType.TradeCancel => TradeCancel,
        BizType.TradeQuery => TradeQuery,
        BizType.RefundQuery => RefundQuery,
        BizType.TradeBatchQuery => TradeBatchQuery,
        BizType.ReconDownload => ReconDownload,
        BizType.ReconUpload => ReconUpload,
        _ => default,
    };

    /// <summary>Those of <see cref="Of"/> that must be there.</summary>
    public static ReadOnlySpan<Member> RequiredOf(BizType type) => type == BizType.ReconUpload ? ReconUpload.AsSpan()[..^1] : Of(type);

    /// <summary>True when the interface needs only one of its members (a query or a cancel by one number, by the other, or by both).</summary>
    public static bool NeedsOnlyOne(BizType type) => type is BizType.TradeQuery or BizType.RefundQuery or BizType.TradeCancel;

    /// <summary>The member's name on the wire.</summary>
    public static ReadOnlySpan<byte> NameOf(Member member) => Rules[(int)member].NameUtf8;

    public static MemberRule Rule(Member member) => Rules[(int)member];

    /// <summary>The member of this name, or <see cref="Member.Unknown"/>.</summary>
    public static Member Find(ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (MemberRule rule in ByLength[name.Length])
            {
                if (name.SequenceEqual(rule.NameUtf8))
                {
                    return rule.Member;
                }
            }
        }
        return Member.Unknown;
    }

    private static MemberRule[] BuildRules() =>
    [
        new(Member.AmountSummary, "amount_summary", MemberForm.Text, 2, 16_384, LogView.Hidden),
        new(Member.BizType, "biz_type", MemberForm.Listed, 1, 32, LogView.Plain, [.. BizTypes.All.Select(type => Encoding.ASCII.GetString(BizTypes.Name(type)))]),
        new(Member.Body, "body", MemberForm.Text, 1, 256, LogView.Hidden),
        new(Member.Charset, "charset", MemberForm.Listed, 1, 16, LogView.Plain, "UTF-8"),
        new(Member.Currency, "currency", MemberForm.Currency, 3, 3, LogView.Plain),
        new(Member.DiffCount, "diff_count", MemberForm.Count, 1, 9, LogView.Plain),
        new(Member.DiffList, "diff_list", MemberForm.Text, 2, 1_048_576, LogView.Hidden),
        new(Member.EndTime, "end_time", MemberForm.Time, BeijingTime.SecondsLength, BeijingTime.SecondsLength, LogView.Plain),
        new(Member.FaceData, "face_data", MemberForm.Ciphertext, 1, MaxFaceDataBytes, LogView.Hidden),
        new(Member.FaceDeviceId, "face_device_id", MemberForm.Text, 1, 64, LogView.Masked),
        new(Member.FileHash, "file_hash", MemberForm.Hash, 64, 64, LogView.Plain),
        new(Member.InstId, "inst_id", MemberForm.Alphanumeric, 1, Model.InstId.MaxLength, LogView.Plain),
        new(Member.KeyId, "key_id", MemberForm.Token, 1, 64, LogView.Plain),
        new(Member.MerchantId, "merchant_id", MemberForm.Text, 1, 32, LogView.Masked),
        new(Member.Nonce, "nonce", MemberForm.Token, 8, 64, LogView.Plain),
        new(Member.OrigTradeNo, "orig_trade_no", MemberForm.Digits, Model.TradeNo.TextLength, Model.TradeNo.TextLength, LogView.Plain),
        new(Member.OutTradeNo, "out_trade_no", MemberForm.Token, 1, 64, LogView.Plain),
        new(Member.OutTradeNoList, "out_trade_no_list", MemberForm.List, 1, BatchQueryForm.MostNumbers, LogView.Hidden) { Element = Member.OutTradeNo },
        new(Member.PageNo, "page_no", MemberForm.Number, 1, int.MaxValue, LogView.Plain),
        new(Member.PageSize, "page_size", MemberForm.Number, 1, BatchQueryForm.MostRows, LogView.Plain),
        new(Member.QrContent, "qr_content", MemberForm.Text, 1, 512, LogView.Hidden),
        new(Member.QrType, "qr_type", MemberForm.Listed, 2, 2, LogView.Plain, "01", "02"),
        new(Member.ReconResult, "recon_result", MemberForm.Listed, 2, 2, LogView.Plain, "01", "02", "03", "04"),
        new(Member.ReconType, "recon_type", MemberForm.Listed, 2, 2, LogView.Plain, "01", "02"),
        new(Member.RefundAmount, "refund_amount", MemberForm.Amount, 1, Model.Amount.MaxTextLength, LogView.Plain),
        new(Member.RefundId, "refund_id", MemberForm.Digits, Model.TradeNo.TextLength, Model.TradeNo.TextLength, LogView.Plain),
        new(Member.RefundNo, "refund_no", MemberForm.Token, 1, 64, LogView.Plain),
        new(Member.RefundType, "refund_type", MemberForm.Listed, 2, 2, LogView.Plain, "01", "02"),
        new(Member.ReqId, "req_id", MemberForm.Token, 1, 64, LogView.Plain),
        new(Member.ReqTime, "req_time", MemberForm.Time, BeijingTime.SecondsLength, BeijingTime.SecondsLength, LogView.Plain),
        new(Member.SettleDate, "settle_date", MemberForm.Day, BeijingDay.TextLength, BeijingDay.TextLength, LogView.Plain),
        new(Member.Sign, "sign", MemberForm.Opaque, 1, 1024, LogView.Hidden),
        new(Member.SignType, "sign_type", MemberForm.Listed, 1, 16, LogView.Plain, SignTypes.Names),
        new(Member.SnapshotNo, "snapshot_no", MemberForm.Digits, BatchQueryForm.SnapshotLength, BatchQueryForm.SnapshotLength, LogView.Plain),
        new(Member.StartTime, "start_time", MemberForm.Time, BeijingTime.SecondsLength, BeijingTime.SecondsLength, LogView.Plain),
        new(Member.TerminalId, "terminal_id", MemberForm.Text, 1, 32, LogView.Masked),
        new(Member.TerminalType, "terminal_type", MemberForm.Listed, 2, 2, LogView.Plain, "01", "02"),
        new(Member.TotalAmount, "total_amount", MemberForm.Amount, 1, Model.Amount.MaxTextLength, LogView.Plain),
        new(Member.TotalCount, "total_count", MemberForm.Count, 1, 9, LogView.Plain),
        new(Member.TradeNo, "trade_no", MemberForm.Digits, Model.TradeNo.TextLength, Model.TradeNo.TextLength, LogView.Plain),
        new(Member.TradeNoList, "trade_no_list", MemberForm.List, 1, BatchQueryForm.MostNumbers, LogView.Hidden) { Element = Member.TradeNo },
        new(Member.TradeStatus, "trade_status", MemberForm.Listed, 1, 16, LogView.Plain, "SUCCESS", "FAILED", "PENDING", "CANCELLED"),
        new(Member.TradeType, "trade_type", MemberForm.Listed, 1, 16, LogView.Plain, "SCAN", "NATIVE", "FACEPAY"),
        new(Member.Version, "version", MemberForm.Listed, 1, 8, LogView.Plain, "1.0", "1.1", "1.2", "1.3"),
    ];

    private static MemberRule[][] BuildByLength()
    {
        int longest = Rules.Max(rule => rule.Name.Length);
        return [.. Enumerable.Range(0, longest + 1).Select(length => Rules.Where(rule => rule.Name.Length == length).ToArray())];
    }
}
