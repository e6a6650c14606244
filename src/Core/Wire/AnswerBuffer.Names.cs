namespace HotPath.Core.Wire;

/// <summary>The members of an answer, as they are called on the wire.</summary>
public sealed partial class AnswerBuffer
{
    private static class Names
    {
        internal static readonly byte[] AmountSummary = "amount_summary"u8.ToArray();
        internal static readonly byte[] BizType = "biz_type"u8.ToArray();
        internal static readonly byte[] Currency = "currency"u8.ToArray();
        internal static readonly byte[] DiffCheck = "diff_check"u8.ToArray();
        internal static readonly byte[] DownloadUrl = "download_url"u8.ToArray();
        internal static readonly byte[] FailCode = "fail_code"u8.ToArray();
        internal static readonly byte[] FileName = "file_name"u8.ToArray();
        internal static readonly byte[] HashType = "hash_type"u8.ToArray();
        internal static readonly byte[] HashValue = "hash_value"u8.ToArray();
        internal static readonly byte[] HasMore = "has_more"u8.ToArray();
        internal static readonly byte[] InstId = "inst_id"u8.ToArray();
        internal static readonly byte[] KeyId = "key_id"u8.ToArray();
        internal static readonly byte[] MerchantCity = "merchant_city"u8.ToArray();
        internal static readonly byte[] MerchantName = "merchant_name"u8.ToArray();
        internal static readonly byte[] NotifyId = "notify_id"u8.ToArray();
        internal static readonly byte[] NotifyTime = "notify_time"u8.ToArray();
        internal static readonly byte[] NotifyType = "notify_type"u8.ToArray();
        internal static readonly byte[] OrigTradeNo = "orig_trade_no"u8.ToArray();
        internal static readonly byte[] OutTradeNo = "out_trade_no"u8.ToArray();
        internal static readonly byte[] PageNo = "page_no"u8.ToArray();
        internal static readonly byte[] PageSize = "page_size"u8.ToArray();
        internal static readonly byte[] ReconId = "recon_id"u8.ToArray();
        internal static readonly byte[] RecordCount = "record_count"u8.ToArray();
        internal static readonly byte[] RefundAmount = "refund_amount"u8.ToArray();
        internal static readonly byte[] RefundId = "refund_id"u8.ToArray();
        internal static readonly byte[] RefundNo = "refund_no"u8.ToArray();
        internal static readonly byte[] RefundStatus = "refund_status"u8.ToArray();
        internal static readonly byte[] RefundTime = "refund_time"u8.ToArray();
        internal static readonly byte[] ReqId = "req_id"u8.ToArray();
        internal static readonly byte[] RespCode = "resp_code"u8.ToArray();
        internal static readonly byte[] RespId = "resp_id"u8.ToArray();
        internal static readonly byte[] RespMsg = "resp_msg"u8.ToArray();
        internal static readonly byte[] RespTime = "resp_time"u8.ToArray();
        internal static readonly byte[] Sign = "sign"u8.ToArray();
        internal static readonly byte[] SnapshotNo = "snapshot_no"u8.ToArray();
        internal static readonly byte[] TotalAmount = "total_amount"u8.ToArray();
        internal static readonly byte[] TotalCount = "total_count"u8.ToArray();
        internal static readonly byte[] TotalRefunded = "total_refunded_amount"u8.ToArray();
        internal static readonly byte[] TradeList = "trade_list"u8.ToArray();
        internal static readonly byte[] TradeNo = "trade_no"u8.ToArray();
        internal static readonly byte[] TradeStatus = "trade_status"u8.ToArray();
        internal static readonly byte[] TradeTime = "trade_time"u8.ToArray();
    }
}
