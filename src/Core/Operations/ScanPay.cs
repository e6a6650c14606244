using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using HotPath.Core.Routing;
using HotPath.Core.Wire;

namespace HotPath.Core.Operations;

/// <summary>
/// SCAN_PAY (2.3.1) and FACE_PAY (2.3.2): what of the request becomes the claim, what goes to the channel, and what the channel's word means. A
/// payment by face is one without a code: the members that it does not have are empty, and face_data goes to the channel and nowhere else.
/// </summary>
public static class ScanPay
{
    /// <summary>Step 6: by all that routes look at. How it was chosen is in the slot's trade afterwards, behind what its trail held before.</summary>
    /// <param name="slot">The request.</param>
    /// <param name="institution">Its sender.</param>
    /// <param name="router">Who knows the table.</param>
    /// <param name="tried">Channels that certainly did not get this payment.</param>
    /// <param name="nowMs">Unix milliseconds.</param>
    public static RouteChoice ChooseRoute(RequestSlot slot, Institution institution, Router router, in TriedChannels tried, long nowMs) => router.Choose(
        new RouteRequest
        {
            BizType = slot.BizType,
            Direction = institution.Direction,
            Currency = slot.Currency,
            Amount = slot.Amount,
            NowMs = nowMs,
            Code = slot.Code,
            QrContent = slot[Member.QrContent],
        },
        tried,
        ref slot.Trade.Route);

    /// <summary>Fills the slot's trade, which holds its route and nothing else, with everything that is claimed.</summary>
    public static void FillClaim(RequestSlot slot, Institution institution, Channel channel, Digest fingerprint, TradeNo tradeNo, long nowMs)
    {
        Trade trade = slot.Trade;
        trade.TradeNo = tradeNo;
        trade.InstId = institution.InstId;
        trade.ReqId.Set(slot[Member.ReqId]);
        trade.OrderNo.Set(slot[Member.OutTradeNo]);
        trade.Fingerprint = fingerprint;
        trade.BizType = slot.BizType;
        trade.TradeType = TradeTypes.Parse(slot[Member.TradeType]);
        if (slot.BizType == BizType.ScanPay)
        {
            FillCode(slot, trade);
        }
        trade.Amount = slot.Amount;
        trade.Currency = slot.Currency;
        trade.ChannelId = channel.Id;
        trade.AcceptedAtMs = nowMs;
    }

    /// <summary>What identifies the payment at its channel.</summary>
    public static ClearingReference ReferenceOf(Trade trade) => new(trade.TradeNo, trade.Amount, trade.Currency);

    /// <summary>Hands the claimed payment to its channel. The channel copies what it needs before this returns.</summary>
    public static ValueTask<ClearingResult> Send(RequestSlot slot, Channel channel, TimeSpan budget) => channel.PayAsync(
        new PayOrder
        {
            Reference = ReferenceOf(slot.Trade),
            InstId = slot.Trade.InstId,
            TradeType = slot.Trade.TradeType,
            QrType = slot.Trade.QrType,
            QrContent = slot[Member.QrContent],
            Body = slot[Member.Body],
            TerminalType = slot[Member.TerminalType],
            TerminalId = slot[Member.TerminalId],
            FaceData = slot[Member.FaceData],
            FaceDeviceId = slot[Member.FaceDeviceId],
            MerchantId = slot[Member.MerchantId],
        },
        budget);

    /// <summary>
    /// Puts a channel's word into the trade. False, and nothing changed, while it is in doubt.
    /// </summary>
    public static bool TrySettle(Trade trade, in ClearingResult result, long nowMs)
    {
        (TradeStatus status, RespCode failCode) = ChannelWord.Of(result, RespCode.TradeTimeout);
        if (status == TradeStatus.Pending)
        {
            return false;
        }
        trade.Status = status;
        trade.FailCode = failCode;
        trade.FinalAtMs = Math.Max(nowMs, trade.AcceptedAtMs);
        trade.ChannelTradeNo = result.ChannelTradeNo;
        trade.WasReversed = result.Outcome == ClearingOutcome.Reversed;
        return true;
    }

    private static void FillCode(RequestSlot slot, Trade trade)
    {
        trade.QrType = RequestReader.QrTypeOf(slot);
        // A dynamic code is single-use over all institutions; a static one stands on the counter for years.
        ReadOnlySpan<byte> code = slot[Member.QrContent];
        trade.CodeDigest = trade.QrType == QrType.Dynamic ? QrReader.DigestOf(slot.Code, code) : default;
        trade.Merchant.Set(slot.Code.MerchantName.Of(code), slot.Code.MerchantCity.Of(code));
    }
}
