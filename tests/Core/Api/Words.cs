using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Api;

/// <summary>A text in both languages of the reference.</summary>
internal readonly record struct Words(string English, string Chinese)
{
    internal string In(bool isChinese) => isChinese ? Chinese : English;
}

/// <summary>What people are told of what the tables name. A name without words appears all the same, with its form alone.</summary>
internal static class Dictionary
{
    private static readonly Dictionary<string, Words> Interfaces = new()
    {
        ["SCAN_PAY"] = new("Pay by code (2.3.1)", "扫码支付（2.3.1）"),
        ["FACE_PAY"] = new("Pay by face (2.3.2)", "刷脸支付（2.3.2）"),
        ["REFUND"] = new("Refund (2.3.3)", "退款（2.3.3）"),
        ["TRADE_CANCEL"] = new("Cancel a trade that is not final", "撤单"),
        ["TRADE_QUERY"] = new("Query a trade (2.4.1)", "交易状态查询（2.4.1）"),
        ["REFUND_QUERY"] = new("Query a refund (2.4)", "退款查询（2.4）"),
        ["TRADE_BATCH_QUERY"] = new("Query many trades (2.4.2)", "批量交易查询（2.4.2）"),
        ["RECON_DOWNLOAD"] = new("Download a reconciliation file (2.5.1)", "对账文件下载（2.5.1）"),
        ["RECON_UPLOAD"] = new("Upload a reconciliation result (2.5.2)", "对账结果上传（2.5.2）"),
    };

    private static readonly Dictionary<string, Words> Members = new()
    {
        ["amount_summary"] = new("Counts and sums per currency: compact JSON in a string", "按币种汇总的笔数与金额：字符串内的紧凑 JSON"),
        ["biz_type"] = new("Which interface is asked", "业务类型编码"),
        ["body"] = new("Description of the goods", "商品描述信息"),
        ["charset"] = new("Character set, in any letter case", "字符编码，不区分大小写"),
        ["currency"] = new("ISO 4217 code of the trade's currency", "交易货币类型（ISO 4217）"),
        ["diff_check"] = new("What the gateway's own book says of each difference: a JSON array in a string", "网关账本对每条差异的核对结果：字符串内的 JSON 数组"),
        ["diff_count"] = new("How many differences there are", "差异笔数"),
        ["diff_list"] = new("The differences, at most 1,000: a JSON array in a string", "差异明细，最多 1000 条：字符串内的 JSON 数组"),
        ["download_url"] = new("Where the file is, for five minutes", "文件下载地址，五分钟内有效"),
        ["end_time"] = new("End of the window, at most 24 hours after its beginning", "查询窗口结束时间，与开始时间相差不超过 24 小时"),
        ["face_data"] = new("The face, ciphered for the channel; may be another ciphertext in a repetition. Never stored", "加密后的人脸特征值；重发时密文可以不同；网关不存储"),
        ["face_device_id"] = new("Device that took the face", "人脸识别设备编号"),
        ["fail_code"] = new("Why it FAILED", "失败原因码"),
        ["file_hash"] = new("SHA-256 of the file that was reconciled", "所对账文件的 SHA-256"),
        ["file_name"] = new("The file's name", "对账文件名"),
        ["has_more"] = new("Whether there is a next page", "是否还有下一页"),
        ["hash_type"] = new("Digest of the file", "文件摘要算法"),
        ["hash_value"] = new("Digest of the file", "文件摘要值"),
        ["inst_id"] = new("Your number with the gateway", "机构在统一网关的注册编号"),
        ["key_id"] = new("In a request: which of your registered keys signed. In an answer: which key of the gateway signed", "请求中：所用的机构密钥编号；响应中：网关签名所用的密钥编号"),
        ["merchant_city"] = new("City of the merchant, as an EMVCo code says it", "商户所在城市（取自 EMVCo 二维码）"),
        ["merchant_id"] = new("Number of the merchant", "商户编号"),
        ["merchant_name"] = new("Name of the merchant, as an EMVCo code says it", "商户名称（取自 EMVCo 二维码）"),
        ["nonce"] = new("A random text; signed when sent", "随机数，若传则参与签名"),
        ["notify_id"] = new("Number of the notification, the same in each repetition", "通知编号，重发时不变"),
        ["notify_time"] = new("When it was sent", "通知发送时间"),
        ["notify_type"] = new("What became final", "通知类型"),
        ["orig_trade_no"] = new("trade_no of the payment", "原交易流水号"),
        ["out_trade_no"] = new("Your order number, unique for as long as trades are kept", "商户系统中的订单编号，交易保存期内唯一"),
        ["out_trade_no_list"] = new("Up to 100 order numbers: a JSON array in a string", "订单编号列表，最多 100 个：字符串内的 JSON 数组"),
        ["page_no"] = new("Page, from 1", "页码，从 1 开始"),
        ["page_size"] = new("Rows of a page, 1 to 100", "每页记录数，1 至 100"),
        ["qr_content"] = new("What was scanned, unchanged", "二维码解析后的内容，原样上送"),
        ["qr_type"] = new("01 dynamic, for one payment; 02 static", "01 动态码（一次性），02 静态码"),
        ["recon_id"] = new("Number of this upload", "本次上传的编号"),
        ["recon_result"] = new("01 balanced, 02 surplus, 03 shortage, 04 different", "01 平账，02 长款，03 短款，04 差异"),
        ["recon_type"] = new("01 trades, 02 refunds", "01 交易对账，02 退款对账"),
        ["record_count"] = new("Rows of the file", "文件记录数"),
        ["refund_amount"] = new("Amount given back, major units of the payment's currency", "退款金额，原交易币种，单位：元"),
        ["refund_id"] = new("The gateway's number of the refund", "统一网关生成的退款流水号"),
        ["refund_no"] = new("Your number of the refund, unique", "退款单号，机构内唯一"),
        ["refund_status"] = new("Of a refund: SUCCESS FAILED PENDING. Of a trade: NONE PARTIAL FULL", "退款：SUCCESS 成功、FAILED 失败、PENDING 处理中；交易：NONE、PARTIAL、FULL"),
        ["refund_time"] = new("When the refund became final; while PENDING, when it was accepted", "退款完成时间；处理中时为受理时间"),
        ["refund_type"] = new("01 the whole amount, 02 a part", "01 全额退款，02 部分退款"),
        ["req_id"] = new("Your number of the request, unique; the key of its repetition for 24 hours", "请求方生成的唯一流水号，24 小时内用于幂等"),
        ["req_time"] = new("When it was sent, Beijing time, within 10 minutes of the gateway's clock", "请求时间（北京时间），与网关时钟相差不超过 10 分钟"),
        ["resp_code"] = new("Outcome of this call", "响应状态码"),
        ["resp_id"] = new("The gateway's number of the answer", "统一网关生成的响应流水号"),
        ["resp_msg"] = new("Text of the code, and the member at fault", "响应描述信息，并指出有误的参数"),
        ["resp_time"] = new("When it was answered, Beijing time", "响应时间（北京时间）"),
        ["settle_date"] = new("Beijing day of the final state", "对账日期（北京时间的最终状态日）"),
        ["sign"] = new("Base64 of the signature", "签名值（Base64）"),
        ["sign_type"] = new("Algorithm you are registered with", "签名算法，以注册为准"),
        ["snapshot_no"] = new("From page 1 of a window, for its later pages", "窗口查询第 1 页返回，后续页须带回"),
        ["start_time"] = new("Beginning of the window", "查询窗口开始时间"),
        ["terminal_id"] = new("Number of the terminal", "终端唯一编号"),
        ["terminal_type"] = new("01 phone, 02 POS", "01 手机，02 POS"),
        ["total_amount"] = new("Amount of the trade, major units", "交易金额，单位：元"),
        ["total_count"] = new("How many there are in all", "总笔数"),
        ["total_refunded_amount"] = new("What was given back of the trade", "该交易累计退款金额"),
        ["trade_list"] = new("The trades: a JSON array in a string", "交易列表：字符串内的 JSON 数组"),
        ["trade_no"] = new("The gateway's number of the trade", "统一网关生成的交易流水号"),
        ["trade_no_list"] = new("Up to 100 trade numbers: a JSON array in a string", "交易流水号列表，最多 100 个：字符串内的 JSON 数组"),
        ["trade_status"] = new("SUCCESS, FAILED (no money moved), PENDING, CANCELLED (no money moved)", "SUCCESS 成功，FAILED 失败（资金未动），PENDING 处理中，CANCELLED 已撤销（资金未动）"),
        ["trade_time"] = new("When it became final; while PENDING, when it was accepted", "交易完成时间；处理中时为受理时间"),
        ["trade_type"] = new("SCAN; NATIVE with qr_type 01; FACEPAY by face", "SCAN；NATIVE（须 qr_type 01）；FACEPAY 刷脸"),
        ["version"] = new("Version of the interface", "接口版本号"),
    };

    internal static Words Interface(string bizType) => Interfaces.GetValueOrDefault(bizType, new Words(bizType, bizType));

    internal static Words Member(string name) => Members.GetValueOrDefault(name, new Words("", ""));

    internal static Words Retry(RetryClass retry) => retry switch
    {
        RetryClass.SameReqId => new("same req_id", "以相同 req_id 重发"),
        RetryClass.QueryFirst => new("query first", "先查询"),
        _ => new("never", "不重发"),
    };

    internal static string Message(RespCode code, bool isChinese) =>
        Encoding.UTF8.GetString(RespCodes.Message(code, isChinese ? Language.Chinese : Language.English));

    /// <summary>A form and its limits in words.</summary>
    internal static Words Form(MemberForm form, int min, int max, string[] values)
    {
        string length = max == 0 ? "" : min == max ? $"{max:N0}" : $"{min:N0}–{max:N0}";
        return form switch
        {
            MemberForm.Text => new(max == 0 ? "text" : $"{length} characters", max == 0 ? "文本" : $"{length} 个字符"),
            MemberForm.Token => new($"{length} of `A-Za-z0-9_-`", $"{length} 位 `A-Za-z0-9_-`"),
            MemberForm.Alphanumeric => new($"{length} of `A-Za-z0-9`", $"{length} 位 `A-Za-z0-9`"),
            MemberForm.Digits => new($"{length} digits", $"{length} 位数字"),
            MemberForm.Time => new("`yyyyMMddHHmmss`", "`yyyyMMddHHmmss`"),
            MemberForm.Day => new("`yyyyMMdd`", "`yyyyMMdd`"),
            MemberForm.Count => new("whole number, no leading zero", "整数，无前导零"),
            MemberForm.Hash => new("64 hexadecimal digits, small", "64 位小写十六进制"),
            MemberForm.Amount => new("amount, major units, > 0, no more fraction digits than the currency has", "金额，大于 0，小数位数不超过该币种"),
            MemberForm.Currency => new("three letters A–Z", "三位大写字母"),
            MemberForm.Listed => new(string.Join(" ", values.Select(value => $"`{value}`")), string.Join(" ", values.Select(value => $"`{value}`"))),
            MemberForm.Opaque => new("Base64 with padding, strict", "标准 Base64，带填充，严格"),
            MemberForm.Number => new($"whole number, {length}", $"整数，{length}"),
            MemberForm.List => new($"compact JSON array of {length} texts", $"紧凑 JSON 数组，{length} 项"),
            MemberForm.Ciphertext => new($"{length} bytes of UTF-8, no control characters", $"{length} 字节 UTF-8，无控制字符"),
            _ => new($"{form}, {length}", $"{form}，{length}"),
        };
    }
}
