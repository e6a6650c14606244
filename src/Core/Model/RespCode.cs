namespace HotPath.Core.Model;

/// <summary>The outcome of a call (resp_code). The number is stored in journal records: never reuse one.</summary>
public enum RespCode : byte
{
    None = 0,
    Success = 1,
    Processing = 2,
    SystemBusy = 10,
    ServiceUnavailable = 11,
    NetworkError = 12,
    TradeTimeout = 20,
    InsufficientBalance = 21,
    LimitExceeded = 22,
    AccountAbnormal = 23,
    TradeExists = 24,
    TradeNotFound = 25,
    TradeSucceeded = 26,
    RefundAmountExceeded = 27,
    RefundsExhausted = 28,
    RefundExpired = 29,
    TradeStateForbids = 30,
    ReconNotReady = 31,
    MemberMissing = 40,
    MemberMalformed = 41,
    MemberIllegal = 42,
    ReqIdReused = 43,
    NotAuthenticated = 50,
    RequestExpired = 51,
    NotPermitted = 52,
    RateExceeded = 53,
}

/// <summary>What an institution may do after an answer with this code.</summary>
public enum RetryClass : byte
{
    /// <summary>Final for this request: the same request would be answered alike.</summary>
    Never,

    /// <summary>Nothing was recorded: send the same req_id again.</summary>
    SameReqId,

    /// <summary>Ask with TRADE_QUERY before anything else.</summary>
    QueryFirst,
}

/// <summary>Code, texts and retry class of every <see cref="RespCode"/> (chapters 4.2 and 8.1 of the specification, and our extensions).</summary>
public static class RespCodes
{
    private static readonly Row[] Rows = BuildRows();

    /// <summary>Every code there is.</summary>
    public static IEnumerable<RespCode> All => Enum.GetValues<RespCode>().Where(code => code != RespCode.None);

    /// <summary>The four characters on the wire, as UTF-8.</summary>
    public static ReadOnlySpan<byte> Text(RespCode code) => Rows[(int)code].Text;

    /// <summary>The four characters, for labels and logs.</summary>
    public static string Label(RespCode code) => Rows[(int)code].Label;

    /// <summary>resp_msg without the member's name, as UTF-8.</summary>
    public static ReadOnlySpan<byte> Message(RespCode code, Language language) =>
        language == Language.English ? Rows[(int)code].English : Rows[(int)code].Chinese;

    public static RetryClass Retry(RespCode code) => Rows[(int)code].Retry;

    /// <summary>The code of these four characters, or None.</summary>
    public static RespCode Parse(ReadOnlySpan<byte> text)
    {
        for (int i = 1; i < Rows.Length; i++)
        {
            if (Rows[i].Text.AsSpan().SequenceEqual(text))
            {
                return (RespCode)i;
            }
        }
        return RespCode.None;
    }

    private static Row[] BuildRows()
    {
        var rows = new Row[(int)Enum.GetValues<RespCode>().Max() + 1];
        Array.Fill(rows, new Row("", "", "", RetryClass.Never));
        void Add(RespCode code, string label, string chinese, string english, RetryClass retry) =>
            rows[(int)code] = new Row(label, chinese, english, retry);

        Add(RespCode.Success, "0000", "交易成功", "success", RetryClass.Never);
        Add(RespCode.Processing, "0001", "交易处理中", "trade in process", RetryClass.QueryFirst);
        Add(RespCode.SystemBusy, "A001", "系统繁忙", "system busy", RetryClass.SameReqId);
        Add(RespCode.ServiceUnavailable, "A002", "服务不可用", "service unavailable", RetryClass.SameReqId);
        Add(RespCode.NetworkError, "A003", "网络异常", "network error", RetryClass.SameReqId);
        Add(RespCode.TradeTimeout, "B001", "交易超时", "trade timed out", RetryClass.Never);
        Add(RespCode.InsufficientBalance, "B002", "余额不足", "insufficient balance", RetryClass.Never);
        Add(RespCode.LimitExceeded, "B003", "交易限额超限", "trade limit exceeded", RetryClass.Never);
        Add(RespCode.AccountAbnormal, "B004", "账户状态异常", "account state abnormal", RetryClass.Never);
        Add(RespCode.TradeExists, "B005", "交易已存在", "trade exists", RetryClass.QueryFirst);
        Add(RespCode.TradeNotFound, "B006", "交易不存在", "trade does not exist", RetryClass.Never);
        Add(RespCode.TradeSucceeded, "B007", "交易已成功，无法撤销", "trade succeeded and cannot be cancelled", RetryClass.Never);
        Add(RespCode.RefundAmountExceeded, "B008", "退款金额超限", "refund amount exceeds what is left", RetryClass.Never);
        Add(RespCode.RefundsExhausted, "B009", "退款次数超限", "too many refunds", RetryClass.Never);
        Add(RespCode.RefundExpired, "B010", "超过退款时限", "refund period is over", RetryClass.Never);
        Add(RespCode.TradeStateForbids, "B011", "原交易状态不允许该操作", "state of the original trade forbids it", RetryClass.Never);
        Add(RespCode.ReconNotReady, "B012", "对账文件未就绪", "reconciliation file is not ready", RetryClass.SameReqId);
        Add(RespCode.MemberMissing, "C001", "参数缺失", "parameter missing", RetryClass.Never);
        Add(RespCode.MemberMalformed, "C002", "参数格式错误", "parameter malformed", RetryClass.Never);
        Add(RespCode.MemberIllegal, "C003", "参数值非法", "parameter value illegal", RetryClass.Never);
        Add(RespCode.ReqIdReused, "C004", "请求流水号重复且报文不一致", "req_id used before with other content", RetryClass.Never);
        Add(RespCode.NotAuthenticated, "D001", "身份验证失败", "authentication failed", RetryClass.Never);
        Add(RespCode.RequestExpired, "D002", "请求已过期", "request expired", RetryClass.Never);
        Add(RespCode.NotPermitted, "D003", "无权限", "not permitted", RetryClass.Never);
        Add(RespCode.RateExceeded, "D004", "请求频率超限", "rate exceeded", RetryClass.SameReqId);
        return rows;
    }

    private sealed class Row(string label, string chinese, string english, RetryClass retry)
    {
        internal readonly string Label = label;
        internal readonly byte[] Text = System.Text.Encoding.ASCII.GetBytes(label);
        internal readonly byte[] Chinese = System.Text.Encoding.UTF8.GetBytes(chinese);
        internal readonly byte[] English = System.Text.Encoding.UTF8.GetBytes(english);
        internal readonly RetryClass Retry = retry;
    }
}
