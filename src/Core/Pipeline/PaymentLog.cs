using HotPath.Core.Masking;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Core.Wire;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>What the corridor says in the log: refusals at DEBUG, one payment in so many at INFO, with values as the member table allows.</summary>
public sealed partial class PaymentLog(ILogger<PaymentLog> logger, int sampleEvery)
{
    private long _answered;

    public void Answered(RequestSlot slot, RespCode code, TimeSpan took)
    {
        bool isSampled = sampleEvery > 0 && Interlocked.Increment(ref _answered) % sampleEvery == 0 && logger.IsEnabled(LogLevel.Information);
        if (isSampled)
        {
            LogSample(
                RespCodes.Label(code), Show(slot, Member.BizType), Show(slot, Member.InstId), Show(slot, Member.ReqId),
                slot.Trade.TradeNo.IsAssigned ? slot.Trade.TradeNo.ToString() : "", Show(slot, Member.TerminalId), took.TotalMilliseconds);
        }
    }

    public void Refused(RequestSlot slot, Rejection rejection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
        {
            bool hasMember = rejection.Member < Member.Count;
            LogRefusal(
                RespCodes.Label(rejection.Code), Show(slot, Member.InstId), Show(slot, Member.ReqId),
                hasMember ? MemberTable.Rule(rejection.Member).Name : "", hasMember ? Show(slot, rejection.Member) : "", slot.Code.Defect);
        }
    }

    private static string Show(RequestSlot slot, Member member) => Mask.Show(MemberTable.Rule(member).Log, slot[member]);

    [LoggerMessage(EventId = 100, Level = LogLevel.Information,
        Message = "sampled call answered {RespCode} {BizType} inst_id {InstId} req_id {ReqId} trade_no {TradeNo} terminal_id {TerminalId} in {Milliseconds} ms")]
    private partial void LogSample(
        string respCode, string bizType, string instId, string reqId, string tradeNo, string terminalId, double milliseconds);

    [LoggerMessage(EventId = 101, Level = LogLevel.Debug, Message = "call refused {RespCode} inst_id {InstId} req_id {ReqId} member {Member} value {Value} code defect {Defect}")]
    private partial void LogRefusal(string respCode, string instId, string reqId, string member, string value, QrDefect defect);
}
