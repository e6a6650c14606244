using System.Globalization;
using System.Security.Cryptography;

namespace HotPath.Host.Client;

/// <summary>Requests as an institution fills them, before they are signed.</summary>
internal static class Requests
{
    /// <summary>A payment with every required member.</summary>
    internal static SignedMessage ScanPay(string instId, string amount, string currency, TimeProvider clock) => new(Common("SCAN_PAY", instId, clock))
    {
        ["out_trade_no"] = NewNumber("T", clock),
        ["total_amount"] = amount,
        ["currency"] = currency,
        ["trade_type"] = "SCAN",
        ["qr_type"] = "02",
        ["qr_content"] = "https://qr.example.hk/p?m=1",
        ["body"] = "咖啡",
        ["terminal_type"] = "01",
        ["terminal_id"] = "T01",
    };

    /// <summary>A payment by face.</summary>
    internal static SignedMessage FacePay(string instId, string amount, string currency, string faceData, TimeProvider clock) => new(Common("FACE_PAY", instId, clock))
    {
        ["out_trade_no"] = NewNumber("T", clock),
        ["total_amount"] = amount,
        ["currency"] = currency,
        ["trade_type"] = "FACEPAY",
        ["face_data"] = faceData,
        ["face_device_id"] = "F01",
        ["merchant_id"] = "M01",
        ["terminal_id"] = "T01",
    };

    /// <summary>A query; the caller sets trade_no, out_trade_no, or both.</summary>
    internal static SignedMessage TradeQuery(string instId, TimeProvider clock) => new(Common("TRADE_QUERY", instId, clock));

    /// <summary>A page of a batch query; the caller says of which trades.</summary>
    internal static SignedMessage TradeBatchQuery(string instId, int pageNo, int pageSize, TimeProvider clock) => new(Common("TRADE_BATCH_QUERY", instId, clock))
    {
        ["page_no"] = pageNo.ToString(CultureInfo.InvariantCulture),
        ["page_size"] = pageSize.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A refund of part of a trade, 02; the caller says 01 for all of it.</summary>
    internal static SignedMessage Refund(string instId, string tradeNo, string orderNo, string amount, TimeProvider clock) => new(Common("REFUND", instId, clock))
    {
        ["orig_trade_no"] = tradeNo,
        ["out_trade_no"] = orderNo,
        ["refund_no"] = NewNumber("F", clock),
        ["refund_amount"] = amount,
        ["refund_type"] = "02",
    };

    /// <summary>A cancel; the caller sets orig_trade_no, out_trade_no, or both.</summary>
    internal static SignedMessage TradeCancel(string instId, TimeProvider clock) => new(Common("TRADE_CANCEL", instId, clock));

    /// <summary>A query; the caller sets refund_no, refund_id, or both.</summary>
    internal static SignedMessage RefundQuery(string instId, TimeProvider clock) => new(Common("REFUND_QUERY", instId, clock));

    /// <summary>Where the reconciliation file of a day is.</summary>
    internal static SignedMessage ReconDownload(string instId, string settleDate, string reconType, TimeProvider clock) => new(Common("RECON_DOWNLOAD", instId, clock))
    {
        ["settle_date"] = settleDate,
        ["recon_type"] = reconType,
    };

    /// <summary>The result of a reconciliation; the caller sets its members.</summary>
    internal static SignedMessage ReconUpload(string instId, TimeProvider clock) => new(Common("RECON_UPLOAD", instId, clock));

    private static Dictionary<string, string> Common(string bizType, string instId, TimeProvider clock) => new()
    {
        ["version"] = "1.3",
        ["charset"] = "UTF-8",
        // Whoever signs with a key of another type says so: InstitutionClient does.
        ["sign_type"] = "RSA2",
        ["biz_type"] = bizType,
        ["req_time"] = BeijingNow(clock),
        ["req_id"] = NewNumber("R", clock),
        ["inst_id"] = instId,
    };

    private static string NewNumber(string prefix, TimeProvider clock) => prefix + BeijingNow(clock) + RandomNumberGenerator.GetHexString(12, lowercase: true);

    private static string BeijingNow(TimeProvider clock) =>
        clock.GetUtcNow().ToOffset(TimeSpan.FromHours(8)).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
}
