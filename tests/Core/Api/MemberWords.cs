using HotPath.Core.Model;

namespace HotPath.Core.Tests.Api;

/// <summary>What people are told of a member: what it is, in English; its name (参数名称, the specification's where that has one) and what it is, in Chinese.</summary>
internal sealed record MemberWords(string English, string ChineseName, string Chinese)
{
    // Where a member means something else, or something narrower, in one interface.
    private static readonly Dictionary<(BizType, string), MemberWords> OfOne = new()
    {
        [(BizType.FacePay, "trade_type")] = new("Always `FACEPAY`", "交易类型", "固定为 `FACEPAY`"),
        [(BizType.FacePay, "merchant_id")] = new("The merchant's number with you", "商户编号", "商户编号"),
        [(BizType.Refund, "orig_trade_no")] = new("`trade_no` of the payment", "原交易流水号", "原支付交易的 `trade_no`"),
        [(BizType.Refund, "out_trade_no")] = new("The payment's order number; both numbers must denote one trade of yours, else B006", "商户订单号", "原支付交易的商户订单号；须与 `orig_trade_no` 指向本机构的同一笔交易，否则返回 B006"),
        [(BizType.Refund, "currency")] = new("The payment's currency", "货币类型", "原交易货币类型"),
        [(BizType.Refund, "refund_status")] = new("SUCCESS, FAILED (nothing was given back) or PENDING", "退款状态", "SUCCESS 成功，FAILED 失败（未退款），PENDING 处理中"),
        [(BizType.Refund, "total_refunded_amount")] = new("What had succeeded of the trade when this refund was accepted or, once it is final, when it ended, itself included", "累计退款金额", "受理本笔退款时（终态时为其完成时，含本笔）该交易已成功的退款总额"),
        [(BizType.TradeCancel, "orig_trade_no")] = new("`trade_no` of the payment", "原交易流水号", "待撤销支付交易的 `trade_no`"),
        [(BizType.TradeCancel, "out_trade_no")] = new("The payment's order number; where both numbers are given, they must denote one trade", "商户订单号", "待撤销支付交易的商户订单号；两个编号同传时须指向同一笔交易"),
        [(BizType.TradeCancel, "trade_status")] = new("CANCELLED or FAILED (no money moved), PENDING (nobody knows yet), SUCCESS (too late, with B007)", "交易状态", "CANCELLED 已撤销或 FAILED 失败（资金未动），PENDING 尚无结果，SUCCESS 已成功无法撤销（B007）"),
        [(BizType.TradeQuery, "out_trade_no")] = new("Your order number; where both numbers are given, they must denote one trade", "商户订单号", "商户订单号；两个编号同传时须指向同一笔交易"),
        [(BizType.TradeBatchQuery, "total_count")] = new("Rows of all pages", "总笔数", "所有分页的总笔数"),
        [(BizType.TradeBatchQuery, "trade_status")] = new("Only trades that have it", "交易状态", "仅返回处于该状态的交易"),
        [(BizType.ReconUpload, "total_count")] = new("Rows on your side", "总笔数", "机构侧总笔数"),
        [(BizType.ReconUpload, "amount_summary")] = new("Your side's counts and sums per currency, as in the download: a JSON object in a string", "金额汇总", "机构侧按币种汇总的笔数与金额，格式同下载响应：以字符串承载 JSON 对象"),
    };

    private static readonly Dictionary<string, MemberWords> All = new()
    {
        ["amount_summary"] = new("Counts and sums of the file per currency: a JSON object in a string, `{}` of an empty file", "金额汇总", "对账文件按币种汇总的笔数与金额：以字符串承载 JSON 对象，空文件为 `{}`"),
        ["biz_type"] = new("Which interface is asked", "业务类型", "业务类型编码"),
        ["body"] = new("What is bought", "商品描述", "商品描述信息"),
        ["charset"] = new("In any letter case", "字符集", "字符编码，不区分大小写"),
        ["currency"] = new("ISO 4217 code, one that you are registered for", "货币类型", "交易货币类型（ISO 4217），须为机构已开通的币种"),
        ["diff_check"] = new("One word for each row of `diff_list`, in its order: a JSON array in a string", "差异核对结果", "与 `diff_list` 逐条对应的核对结果：以字符串承载 JSON 数组"),
        ["diff_count"] = new("How many differences there are", "差异笔数", "差异总笔数"),
        ["diff_list"] = new("The differences, the first 1,000 where there are more: a JSON array in a string", "差异明细", "差异明细，超过 1,000 条时上送前 1,000 条：以字符串承载 JSON 数组"),
        ["download_url"] = new("Where the file is: a GET without signature, good for 5 minutes. Keep it to yourself", "下载地址", "对账文件下载地址：GET，无需签名，5 分钟内有效，请勿外泄"),
        ["end_time"] = new("Last second of the window, at most 24 hours after `start_time`", "结束时间", "查询窗口的最后一秒，与 `start_time` 相差不超过 24 小时"),
        ["face_data"] = new("The face, ciphered for the channel, Base64 in practice. Never stored; a repetition may carry another ciphertext", "人脸特征值", "加密后的人脸特征值（供清算渠道解密，通常为 Base64）；网关不存储；重发时密文可以不同"),
        ["face_device_id"] = new("Device that took the face", "人脸设备编号", "人脸识别设备编号"),
        ["fail_code"] = new("Why it FAILED, as in [Codes](#codes)", "失败原因码", "失败原因，含义见[响应码](#响应码)"),
        ["file_hash"] = new("`hash_value` of the file that you compared", "文件摘要", "所核对文件的 `hash_value`"),
        ["file_name"] = new("`HP_<inst_id>_<settle_date>_<TRADE or REFUND>.csv`", "文件名", "`HP_<inst_id>_<settle_date>_<TRADE 或 REFUND>.csv`"),
        ["has_more"] = new("Whether there is a next page", "是否有下一页", "是否还有下一页"),
        ["hash_type"] = new("Digest of `hash_value`", "摘要算法", "`hash_value` 的摘要算法"),
        ["hash_value"] = new("Digest of the whole file: check it after the download", "摘要值", "整个文件的摘要，下载后须核对"),
        ["inst_id"] = new("Your number with the gateway", "机构编号", "机构在统一网关的注册编号"),
        ["key_id"] = new("Which key signed: one of your registered keys in a request, the gateway's in an answer or a notification", "密钥编号", "签名所用密钥的编号：请求中为机构已登记的密钥，响应与通知中为网关密钥"),
        ["merchant_city"] = new("City of the merchant (tag 60 of an EMVCo code)", "商户城市", "商户所在城市（EMVCo 二维码标签 60）"),
        ["merchant_id"] = new("Number of the merchant", "商户编号", "商户编号"),
        ["merchant_name"] = new("Name of the merchant (tag 59 of an EMVCo code)", "商户名称", "商户名称（EMVCo 二维码标签 59）"),
        ["nonce"] = new("A random text; signed when sent", "随机数", "随机数，上送时参与签名"),
        ["notify_id"] = new("`T` and the trade_no, or `R` and the refund_id; the same in each repetition: do not act on it twice", "通知编号", "`T` 加 trade_no，或 `R` 加 refund_id；重发时不变，用于去重"),
        ["notify_time"] = new("When this very message was sent", "通知时间", "本次通知的发送时间"),
        ["notify_type"] = new("What became final: a trade or a refund", "通知类型", "进入终态的是交易（TRADE_NOTIFY）还是退款（REFUND_NOTIFY）"),
        ["orig_trade_no"] = new("`trade_no` of the payment", "原交易流水号", "原支付交易的 `trade_no`"),
        ["out_trade_no"] = new("Your order number: one trade per number, payments by code and by face together, for as long as trades are kept (190 days)", "商户订单号", "商户系统中的订单编号；同一机构内（扫码与刷脸合并计算）一个编号对应一笔交易，交易保存期（190 天）内不可重用"),
        ["out_trade_no_list"] = new("Order numbers: a compact JSON array in a string, without blanks and escapes", "商户订单号列表", "商户订单号列表：以字符串承载紧凑 JSON 数组，不含空格与转义"),
        ["page_no"] = new("Page, from 1", "页码", "页码，从 1 开始"),
        ["page_size"] = new("Rows of a full page", "每页记录数", "每页记录数"),
        ["qr_content"] = new("What was scanned, unchanged", "二维码内容", "二维码解析后的内容，原样上送"),
        ["qr_type"] = new("`01` dynamic: one payment only; `02` static", "二维码类型", "`01` 动态码（仅可支付一次），`02` 静态码"),
        ["recon_id"] = new("Number of this upload", "对账结果编号", "本次上传的编号"),
        ["recon_result"] = new("`01` balanced; `02` all differences are rows that the gateway lacks; `03` all are rows that you lack; `04` anything else", "对账结果", "`01` 平账；`02` 长款（差异均为机构有、网关无）；`03` 短款（差异均为网关有、机构无）；`04` 差异（其他情形）"),
        ["recon_type"] = new("`01` payments, `02` refunds", "对账类型", "`01` 交易对账，`02` 退款对账"),
        ["record_count"] = new("Rows of the file", "记录数", "文件记录数"),
        ["refund_amount"] = new("Amount given back, major units of the payment's currency", "退款金额", "退款金额，原交易币种，单位：元"),
        ["refund_id"] = new("The gateway's number of the refund", "退款流水号", "统一网关生成的退款流水号"),
        ["refund_no"] = new("Your number of the refund: one refund per number", "退款单号", "退款单号，机构内一个编号对应一笔退款"),
        ["refund_status"] = new("How much of the trade was given back: NONE, PARTIAL or FULL", "退款状态", "该交易的退款情况：NONE 未退款，PARTIAL 部分退款，FULL 全额退款"),
        ["refund_time"] = new("When the refund became final; while PENDING, when it was accepted", "退款时间", "退款完成时间；处理中时为受理时间"),
        ["refund_type"] = new("`01` the whole amount, of a trade that was never refunded; `02` up to what is left", "退款类型", "`01` 全额退款（该交易此前未退款），`02` 部分退款（不超过剩余可退金额）"),
        ["req_id"] = new("Your number of the request, unique: its repetition is recognised by it for 24 hours", "请求流水号", "请求方生成的唯一流水号，24 小时内据此识别重发"),
        ["req_time"] = new("When it was sent, within 10 minutes of the gateway's clock", "请求时间", "请求发送时间，与网关时钟相差不超过 10 分钟"),
        ["resp_code"] = new("Outcome of this call, see [Codes](#codes)", "响应码", "响应码，见[响应码](#响应码)"),
        ["resp_id"] = new("The gateway's number of the answer", "响应流水号", "统一网关生成的响应流水号"),
        ["resp_msg"] = new("Text of the code and, of C codes, the member at fault: for people, not for programs", "响应消息", "响应描述信息，C 类响应码附有误的参数；供人阅读，程序请勿依赖"),
        ["resp_time"] = new("When it was answered", "响应时间", "响应时间"),
        ["settle_date"] = new("Beijing day on which the trades or refunds became SUCCESS, at most 180 days ago", "对账日期", "交易或退款成为 SUCCESS 的日期（北京时间），不早于 180 天前"),
        ["sign"] = new("Signature over all other members", "签名", "对其余全部参数的签名值"),
        ["sign_type"] = new("The one that you are registered with", "签名方式", "签名算法，以机构登记为准"),
        ["snapshot_no"] = new("Which trades the pages are made of: what page 1 answered", "快照编号", "分页所依据的快照，由第 1 页返回"),
        ["start_time"] = new("First second of the window", "开始时间", "查询窗口的第一秒"),
        ["terminal_id"] = new("Number of the terminal", "终端编号", "终端唯一编号"),
        ["terminal_type"] = new("`01` phone, `02` POS", "终端类型", "`01` 手机，`02` POS"),
        ["total_amount"] = new("Amount of the trade, major units of `currency`", "交易金额", "交易金额，以 `currency` 为币种，单位：元"),
        ["total_count"] = new("How many there are in all", "总笔数", "总笔数"),
        ["total_refunded_amount"] = new("What was given back of the trade in all", "累计退款金额", "该交易已成功的退款总额"),
        ["trade_list"] = new("The trades in order of trade_no, each with the members of TRADE_QUERY's answer: a JSON array in a string, `[]` when empty", "交易列表", "按 trade_no 排序的交易，每笔含 TRADE_QUERY 的响应参数：以字符串承载 JSON 数组，为空时是 `[]`"),
        ["trade_no"] = new("The gateway's number of the trade", "交易流水号", "统一网关生成的交易流水号"),
        ["trade_no_list"] = new("Trade numbers: a compact JSON array in a string, without blanks and escapes", "交易流水号列表", "交易流水号列表：以字符串承载紧凑 JSON 数组，不含空格与转义"),
        ["trade_status"] = new("SUCCESS, FAILED or CANCELLED (provably no money moved), PENDING (not known yet)", "交易状态", "SUCCESS 成功，FAILED 失败，CANCELLED 已撤销（后两者资金确未变动），PENDING 处理中"),
        ["trade_time"] = new("When it became final; while PENDING, when it was accepted", "交易时间", "交易完成时间；处理中时为受理时间"),
        ["trade_type"] = new("`SCAN`, or `NATIVE` where the merchant made the code for this payment (needs qr_type 01)", "交易类型", "`SCAN`；`NATIVE` 为商户针对本笔支付生成的二维码（须 qr_type 为 01）"),
        ["version"] = new("Version of the interface", "版本号", "接口版本号"),
    };

    /// <summary>A member's words. One without any is a gap in this file.</summary>
    internal static MemberWords Of(BizType type, string name) =>
        OfOne.TryGetValue((type == BizType.RefundQuery ? BizType.Refund : type, name), out MemberWords? narrower) ? narrower
        : All.TryGetValue(name, out MemberWords? words) ? words
        : throw new InvalidOperationException($"{name} has no words in tests/Core/Api/MemberWords.cs");
}
