using System.Globalization;
using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>A text in both languages of the reference.</summary>
internal readonly record struct Words(string English, string Chinese)
{
    internal string In(bool isChinese) => isChinese ? Chinese : English;

    internal static Words Same(string text) => new(text, text);

    internal static Words Retry(RetryClass retry) => retry switch
    {
        RetryClass.SameReqId => new("same req_id", "同 req_id 重发"),
        RetryClass.QueryFirst => new("query first", "先查询"),
        _ => new("never", "不重发"),
    };

    /// <summary>A form and its limits.</summary>
    internal static Words OfForm(MemberForm form, int min, int max, IEnumerable<string> values)
    {
        string length = max == 0 ? "" : min == max ? Number(max) : $"{Number(min)}–{Number(max)}";
        return form switch
        {
            MemberForm.Text => new(max == 0 ? "text" : $"{length} characters", max == 0 ? "文本" : $"{length} 个字符"),
            MemberForm.Token => new($"{length} of `A-Za-z0-9_-`", $"{length} 位 `A-Za-z0-9_-`"),
            MemberForm.Alphanumeric => new($"{length} of `A-Za-z0-9`", $"{length} 位 `A-Za-z0-9`"),
            MemberForm.Digits => new($"{length} digits", $"{length} 位数字"),
            MemberForm.Time => Same("`yyyyMMddHHmmss`"),
            MemberForm.Day => Same("`yyyyMMdd`"),
            MemberForm.Count => new($"whole number without leading zeroes, {length} digits", $"非负整数，无前导零，{length} 位"),
            MemberForm.Hash => new("64 of `0-9a-f`", "64 位 `0-9a-f`"),
            MemberForm.Amount => new("amount, see above", "金额，见上文"),
            MemberForm.Currency => new("three of `A-Z`", "3 位 `A-Z`"),
            MemberForm.Listed => Same(string.Join(" ", values.Select(value => $"`{value}`"))),
            MemberForm.Opaque => new("Base64 with padding", "标准 Base64（含填充）"),
            MemberForm.Number => new($"whole number, {length}", $"整数，{length}"),
            MemberForm.List => new($"JSON array of {length} texts", $"JSON 数组，{length} 项"),
            MemberForm.Ciphertext => new($"{length} bytes of UTF-8", $"{length} 字节 UTF-8"),
            _ => throw new InvalidOperationException($"{form} has no words in tests/Core/Api/Words.cs"),
        };
    }

    internal static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>A code and what people are told of it besides the gateway's own texts.</summary>
internal static class CodeWords
{
    internal static string Message(RespCode code, Language language) => Encoding.UTF8.GetString(RespCodes.Message(code, language));

    internal static Words Meaning(RespCode code) => code switch
    {
        RespCode.Success => new("done; for a query: found", "成功；查询类接口表示已查到"),
        RespCode.Processing => new("accepted, and the result is not known yet", "已受理，结果未知"),
        RespCode.SystemBusy => new("over capacity, nothing was recorded", "超出处理能力，未留下任何记录"),
        RespCode.ServiceUnavailable => new("no usable channel, or the gateway is not ready; nothing was sent", "无可用渠道或网关未就绪，未发往渠道"),
        RespCode.NetworkError => new("the call of a refund or a cancel could not be sent, nothing changed", "退款或撤单未能发出，状态未变"),
        RespCode.TradeTimeout => new("certainly not executed: FAILED, or CANCELLED by your own cancel", "确定未执行：FAILED，或已被本机构撤单（CANCELLED）"),
        RespCode.InsufficientBalance => new("declined, no money moved", "渠道拒绝，资金未动"),
        RespCode.LimitExceeded => new("declined, or over every route's limit; no money moved", "渠道拒绝，或超过所有路由的限额，资金未动"),
        RespCode.AccountAbnormal => new("declined, no money moved", "渠道拒绝，资金未动"),
        RespCode.TradeExists => new("the order number or the single-use code was used before; a trade of yours is shown", "商户订单号或动态码已被使用；若为本机构交易则一并返回"),
        RespCode.TradeNotFound => new("no such trade or refund of yours", "本机构无此交易或退款"),
        RespCode.TradeSucceeded => new("give the money back by a refund", "请改用退款"),
        RespCode.RefundAmountExceeded => new("refunds that are SUCCESS or PENDING would sum up to more than the trade; or a full refund of one that was refunded before", "成功与处理中的退款合计将超过交易金额；或对已退款的交易发起全额退款"),
        RespCode.RefundsExhausted => new("50 refunds of the trade are SUCCESS or PENDING", "该交易成功与处理中的退款已达 50 笔"),
        RespCode.RefundExpired => new("after 24:00 Beijing of day 180; day 0 is the date of trade_time", "已过第 180 天 24:00（北京时间，trade_time 当日为第 0 天）"),
        RespCode.TradeStateForbids => new("the trade is not SUCCESS", "原交易未成功"),
        RespCode.ReconNotReady => new("before 10:00 Beijing of the day after settle_date, or it is being built", "未到对账日次日 10:00（北京时间），或文件正在生成"),
        RespCode.MemberMissing => new("the member is named in resp_msg", "resp_msg 中指出缺失的参数"),
        RespCode.MemberMalformed => new("the member is named in resp_msg, unless the body is no flat JSON object of strings", "resp_msg 中指出格式有误的参数；报文不是扁平字符串 JSON 对象时不指出"),
        RespCode.MemberIllegal => new("the member is named in resp_msg; a member that the interface does not know is one too", "resp_msg 中指出取值非法的参数；接口未定义的参数同样返回此码"),
        RespCode.ReqIdReused => new("the req_id (or refund_no) stands for other content: a new request needs a new one", "该 req_id（或 refund_no）已对应其他内容：新请求须使用新流水号"),
        RespCode.NotAuthenticated => new("institution, sign type, key or signature: which of them is not said", "机构、签名方式、密钥或签名有误，不区分具体原因"),
        RespCode.RequestExpired => new("req_time is more than 10 minutes off the gateway's clock: sign anew with the time of now, the req_id may stay", "req_time 与网关时钟相差超过 10 分钟：以当前时间重新签名，req_id 可不变"),
        RespCode.NotPermitted => new("you are not registered for this interface", "机构未开通该接口"),
        RespCode.RateExceeded => new("above the ceiling that was agreed with you", "超过约定的请求频率上限"),
        _ => throw new InvalidOperationException($"{code} has no words in tests/Core/Api/Words.cs"),
    };
}

/// <summary>What an interface is called.</summary>
internal static class InterfaceWords
{
    internal static Words Of(BizType type) => type switch
    {
        BizType.ScanPay => new("Pay by code", "扫码支付"),
        BizType.FacePay => new("Pay by face", "刷脸支付"),
        BizType.Refund => new("Refund", "退款"),
        BizType.TradeCancel => new("Cancel a trade that is not final", "撤单"),
        BizType.TradeQuery => new("Query a trade", "交易状态查询"),
        BizType.RefundQuery => new("Query a refund", "退款查询"),
        BizType.TradeBatchQuery => new("Query many trades", "批量交易查询"),
        BizType.ReconDownload => new("Download a reconciliation file", "对账文件下载"),
        BizType.ReconUpload => new("Upload a reconciliation result", "对账结果上传"),
        _ => throw new InvalidOperationException($"{type} has no words in tests/Core/Api/Words.cs"),
    };
}
