using System.Security.Cryptography;
using System.Text;

namespace HotPath.Faults.Checking;

/// <summary>
/// One call of a client and what came back. Times are the harness's own, in milliseconds, and never go back: the gateway's clock may be one
/// of the faults.
/// </summary>
internal sealed record Call
{
    // What a repetition may change without becoming another request (protocol, section 3), stated here a second time on purpose.
    private static readonly HashSet<string> MayDiffer = ["sign", "req_time", "nonce", "version", "charset", "sign_type", "key_id", "face_data"];

    internal required long SentAtMs { get; init; }

    internal required long EndedAtMs { get; init; }

    internal required IReadOnlyDictionary<string, string> Request { get; init; }

    /// <summary>HTTP status; 0: no answer came.</summary>
    internal int Status { get; init; }

    /// <summary>The answer's bytes; empty when none came.</summary>
    internal byte[] Body { get; init; } = [];

    /// <summary>The members of an answer that could be read; null otherwise.</summary>
    internal IReadOnlyDictionary<string, string>? Answer { get; init; }

    /// <summary>The answer's signature is the gateway's, over its own bytes.</summary>
    internal bool IsVerified { get; init; }

    internal string BizType => Request["biz_type"];

    internal string InstId => Request["inst_id"];

    internal string ReqId => Request["req_id"];

    internal string OrderNo => Request.GetValueOrDefault("out_trade_no", "");

    internal string Code => Answer?.GetValueOrDefault("resp_code", "") ?? "";

    /// <summary>The trade the answer speaks of, or empty.</summary>
    internal string TradeNo => Answer?.GetValueOrDefault("trade_no", "") ?? "";

    internal bool IsOfRefund => BizType is "REFUND" or "REFUND_QUERY";

    /// <summary>The refund the answer speaks of, or empty.</summary>
    internal string RefundId => Answer?.GetValueOrDefault("refund_id", "") ?? "";

    /// <summary>The trade or refund that the answer is about, or empty.</summary>
    internal string Number => IsOfRefund ? RefundId : TradeNo;

    /// <summary>What the answer says of it: PENDING, SUCCESS, FAILED, CANCELLED, or empty.</summary>
    internal string TradeStatus => Answer?.GetValueOrDefault(IsOfRefund ? "refund_status" : "trade_status", "") ?? "";

    internal bool SaysFinal => TradeStatus is "SUCCESS" or "FAILED" or "CANCELLED";

    internal bool IsCancel => BizType == "TRADE_CANCEL";

    /// <summary>It is a payment's or refund's own answer, not a refusal that shows another one's trade.</summary>
    internal bool IsOwnAnswer => BizType is not ("TRADE_QUERY" or "REFUND_QUERY" or "TRADE_CANCEL") && Number.Length > 0 && Code != "B005";

    /// <summary>A member of the answer, or empty.</summary>
    internal string Told(string member) => Answer?.GetValueOrDefault(member, "") ?? "";

    /// <summary>An amount of the answer, in minor units of its currency; -1 where there is none.</summary>
    internal long Minor(string member) => Told(member) is { Length: > 0 } amount ? Money.Minor(amount, Told("currency")) : -1;

    /// <summary>Two requests with the same req_id and this are one request, repeated. Lower-case hex, SHA-256.</summary>
    internal string Content => field ??= ContentOf(Request);

    internal static string ContentOf(IReadOnlyDictionary<string, string> request)
    {
        string text = string.Join('&', request
            .Where(member => !MayDiffer.Contains(member.Key) && member.Value.Length > 0)
            .OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => $"{member.Key}={member.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
