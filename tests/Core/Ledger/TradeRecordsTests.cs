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
