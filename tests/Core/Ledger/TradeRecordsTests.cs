using System.Text;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>Payloads of records, as the ledger reads its own of today and of before.</summary>
public sealed class TradeRecordsTests
{
    [Fact]
    public void Accepted_WithTheLongestOfEverything_FitsAndIsReadBack()
    {
        Trade trade = Filled();
        trade.Merchant.Set(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("😀", 25))), Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("𠮷", 15))));
        byte[] payload = new byte[JournalFormat.MaxPayloadBytes];
        int length = TradeRecords.WriteAccepted(trade, payload);
        var read = new Trade();
        TradeRecords.ReadAccepted(payload.AsSpan(0, length), read);
        Trades.AssertSame(trade, read);
    }

    /// <summary>A journal from before codes were read: its records end behind the channel.</summary>
    [Fact]
    public void Accepted_FromBeforeMerchantsWereKept_IsReadWithoutOne()
    {
        Trade trade = Filled();
        trade.Merchant.Set(default, default);
        trade.Route = default;
        byte[] payload = new byte[JournalFormat.MaxPayloadBytes];
        int length = TradeRecords.WriteAccepted(trade, payload) - 3;
        // What stands behind it in the segment is the next record.
        payload.AsSpan(length).Fill(0xEE);
        var read = new Trade();
        read.Merchant.Set("left over"u8, "left over"u8);
        read.Route.Set("left over"u8);
        TradeRecords.ReadAccepted(payload.AsSpan(0, length), read);
        Trades.AssertSame(trade, read);
        Assert.True(read.Merchant.Name.IsEmpty && read.Merchant.City.IsEmpty && read.Route.IsEmpty);
    }

    /// <summary>A journal from before routes were kept: its records end behind the merchant.</summary>
    [Fact]
    public void Accepted_FromBeforeRoutesWereKept_IsReadWithoutOne()
    {
        Trade trade = Filled();
        trade.Merchant.Set("咖啡"u8, "HK"u8);
        trade.Route = default;
        byte[] payload = new byte[JournalFormat.MaxPayloadBytes];
        int length = TradeRecords.WriteAccepted(trade, payload) - 1;
        payload.AsSpan(length).Fill(0xEE);
        var read = new Trade();
        read.Route.Set("left over"u8);
        TradeRecords.ReadAccepted(payload.AsSpan(0, length), read);
        Trades.AssertSame(trade, read);
        Assert.True(read.Route.IsEmpty && !read.Merchant.City.IsEmpty);
    }

    [Fact]
    public void Result_AtAFurtherChannelWithTheLongestOfEverything_FitsAndIsReadBack()
    {
        Trade trade = Filled();
        trade.Route.Set(Encoding.ASCII.GetBytes(new string('r', RouteTrail.MaxLength)));
        trade.Redirects = Trade.MaxRedirects;
        trade.Status = TradeStatus.Failed;
        trade.FailCode = RespCode.TradeTimeout;
        trade.WasReversed = true;
        trade.FinalAtMs = 1_800_000_000_123;
        trade.ChannelTradeNo = trade.ReqId;
        trade.Answer.RespId = new TradeNo(1UL << 62, 998);
        trade.Answer.RespTimeMs = 1_800_000_000_124;
        trade.Answer.Language = Language.English;
        trade.Answer.KeyId = trade.ReqId;
        trade.Answer.SetSignature(Trades.Signature(trade.TradeNo, RecordedAnswer.MaxSignatureLength));
        byte[] payload = new byte[JournalFormat.MaxPayloadBytes];
        int length = TradeRecords.WriteResult(trade, payload);
        // The reader has the claim in it, and the first channel.
        Trade read = Filled();
        (read.ChannelId, read.Route) = (default, default);
        TradeRecords.ReadResult(payload.AsSpan(0, length), read);
        Trades.AssertSame(trade, read);
    }

    /// <summary>Of a trade at its first channel nothing is added: its record ends where records have always ended.</summary>
    [Fact]
    public void Result_AtTheFirstChannel_EndsWithTheSignature()
    {
        Trade trade = Filled();
        trade.Status = TradeStatus.Success;
        trade.Answer.SetSignature(new byte[70]);
        byte[] payload = new byte[JournalFormat.MaxPayloadBytes];
        Assert.Equal(48 + 1 + 1 + 2 + 70, TradeRecords.WriteResult(trade, payload));
    }

    private static Trade Filled()
    {
        var trade = new Trade
        {
            TradeNo = new TradeNo(1UL << 62, 999),
            InstId = InstId.From(new string('Z', InstId.MaxLength)),
            Fingerprint = Digest.Of("f"u8),
            CodeDigest = Digest.Of("c"u8),
            BizType = BizType.ScanPay,
            TradeType = TradeType.Native,
            QrType = QrType.Dynamic,
            Amount = new Amount(9_999_999_999_999_999),
            Currency = Currency.Parse("KWD"),
            AcceptedAtMs = 1_800_000_000_000,
        };
        byte[] longest = Encoding.ASCII.GetBytes(new string('x', ShortText.MaxLength));
        trade.ReqId.Set(longest);
        trade.OrderNo.Set(longest);
        trade.ChannelId.Set(longest);
        trade.Route.Set(Encoding.ASCII.GetBytes(new string('r', RouteTrail.MaxLength)));
        return trade;
    }
}
