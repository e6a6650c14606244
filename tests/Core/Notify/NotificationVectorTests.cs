using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HotPath.Core.Model;
using HotPath.Core.Tests.Architecture;
using HotPath.Core.Wire;
using HotPath.Signing;
using Xunit;

namespace HotPath.Core.Tests.Notify;

/// <summary>The vector of docs/notifications.md, read from there; its signature was made by Node, not by us.</summary>
public sealed partial class NotificationVectorTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "notifications.md"));

    private static string Json => VectorJson().Match(Page).Value;

    private static string Text => VectorText().Match(Page).Value;

    [Fact]
    public void ItsSignature_VerifiesOverItsText_WhichIsItsMembersSorted()
    {
        Dictionary<string, string> members = JsonSerializer.Deserialize<Dictionary<string, string>>(Json)!;
        Assert.Equal(Text, string.Join('&', members.Where(member => member.Key != "sign").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}")));
        byte[] text = Encoding.UTF8.GetBytes(Text);
        Assert.Contains($"`{Convert.ToHexStringLower(SHA256.HashData(text))}`", Page, StringComparison.Ordinal);
        Assert.True(PemKeys.ReadPublic(VectorPem().Match(Page).Value).Verify(text, Convert.FromBase64String(members["sign"])));
    }

    [Fact]
    public void TheGateway_LaysOutTheSameText_AndTheSameJson()
    {
        Dictionary<string, string> members = JsonSerializer.Deserialize<Dictionary<string, string>>(Json)!;
        var trade = new Trade
        {
            TradeNo = TradeNo.Parse(Encoding.ASCII.GetBytes(members["trade_no"])),
            InstId = InstId.From(members["inst_id"]),
            BizType = BizType.ScanPay,
            Amount = new Amount(1500),
            Currency = Currency.Parse("JPY"),
            Status = TradeStatus.Success,
            FinalAtMs = new DateTimeOffset(2026, 9, 19, 10, 30, 1, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds(),
        };
        trade.OrderNo.Set(Encoding.ASCII.GetBytes(members["out_trade_no"]));
        trade.Merchant.Set(Encoding.UTF8.GetBytes(members["merchant_name"]), Encoding.UTF8.GetBytes(members["merchant_city"]));
        var buffer = new AnswerBuffer();
        buffer.Lay(new Answer
        {
            Code = RespCode.None,
            Language = Language.Chinese,
            RespId = default,
            RespTimeMs = 0,
            KeyId = "gw-1"u8,
            InstId = "CN0001"u8,
            View = TradeView.Query,
            Trade = trade,
            NotifyId = new NotifyId(NotifyType.Trade, trade.TradeNo),
            NotifyTimeMs = new DateTimeOffset(2026, 9, 19, 10, 30, 2, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds(),
        });
        Assert.Equal(Text, Encoding.UTF8.GetString(buffer.SigningText));
        buffer.Seal(Convert.FromBase64String(members["sign"]));
        Assert.Equal(members, JsonSerializer.Deserialize<Dictionary<string, string>>(buffer.Json.Span)!);
    }

    [GeneratedRegex("^\\{\"currency\".*\\}$", RegexOptions.Multiline)]
    private static partial Regex VectorJson();

    [GeneratedRegex("^currency=JPY&.*$", RegexOptions.Multiline)]
    private static partial Regex VectorText();

    [GeneratedRegex("-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", RegexOptions.Singleline)]
    private static partial Regex VectorPem();
}
