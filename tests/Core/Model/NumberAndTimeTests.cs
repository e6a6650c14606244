using System.Text;
using CsCheck;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Model;

public class NumberAndTimeTests
{
    [Fact]
    public void TradeNo_IsBeijingTimeNodeAndCounter()
    {
        // 2026-09-19 10:30:00.123 in Beijing is 02:30:00.123 UTC.
        long unixMs = new DateTimeOffset(2026, 9, 19, 2, 30, 0, 123, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var tradeNo = new TradeNo(((ulong)unixMs << TradeNo.CounterBits) | 42, 7);
        Assert.Equal("2026091910300012300700000042", tradeNo.ToString());
        Assert.Equal(unixMs, tradeNo.UnixMs);
    }

    [Fact]
    public void EveryTradeNo_IsReadBack_AndSortsAsItsText()
    {
        Gen<TradeNo> anyNo = Gen.Select(Gen.ULong[1UL << TradeNo.CounterBits, (1UL << 63) - 1], Gen.UShort[0, 999], (stamp, node) => new TradeNo(stamp, node));
        Gen.Select(anyNo, anyNo).Sample((a, b) =>
            TradeNo.Parse(Encoding.ASCII.GetBytes(a.ToString())) == a &&
            (a.Stamp == b.Stamp || Math.Sign(a.CompareTo(b)) == Math.Sign(string.CompareOrdinal(a.ToString(), b.ToString()))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("202609191030001230070000004")]
    [InlineData("20260919103000123007000000422")]
    [InlineData("2026091910300012300700000o42")]
    [InlineData("2026023010300012300700000042")]
    [InlineData("2026091924300012300700000042")]
    [InlineData("2026091910300012300799999999")]
    public void TradeNo_ThatNoNodeCanGive_IsNone(string text)
    {
        Assert.False(TradeNo.Parse(Encoding.ASCII.GetBytes(text)).IsAssigned);
    }

    [Theory]
    [InlineData("20260230000000")]
    [InlineData("20261301000000")]
    [InlineData("20260919240000")]
    [InlineData("20260919106000")]
    [InlineData("20260919100060")]
    [InlineData("2026091910300")]
    [InlineData("202609191030000")]
    [InlineData("2026-09-19 10:30")]
    [InlineData("２０２６０９１９１０３０００")]
    [InlineData("00000000000000")]
    public void Time_ThatIsNone_IsRefused(string text)
    {
        Assert.False(BeijingTime.TryParse(Encoding.UTF8.GetBytes(text), out _));
    }

    [Fact]
    public void EveryTime_IsReadBackToTheSecond()
    {
        Gen.Long[0, 4_000_000_000].Sample(seconds =>
        {
            Span<byte> text = stackalloc byte[BeijingTime.SecondsLength];
            BeijingTime.Format(seconds * 1000, text);
            // Before 1970-01-01 in Beijing nothing is read; the first eight hours of the epoch are in 1970 there.
            return BeijingTime.TryParse(text, out long unixMs) && unixMs == seconds * 1000;
        });
    }

    [Fact]
    public void LeapDay_Exists()
    {
        Assert.True(BeijingTime.TryParse("20280229235959"u8, out _));
        Assert.False(BeijingTime.TryParse("20270229235959"u8, out _));
    }

    [Fact]
    public void InstId_OfEveryLength_IsReadBack()
    {
        for (int length = 1; length <= InstId.MaxLength; length++)
        {
            string text = new('A', length);
            Assert.Equal(text, InstId.From(text).ToString());
        }
        Assert.NotEqual(InstId.From("A"), InstId.From("AA"));
    }

    [Fact]
    public void EveryCode_HasFourCharactersTwoTextsAndIsReadBack()
    {
        foreach (RespCode code in RespCodes.All)
        {
            Assert.Equal(4, RespCodes.Text(code).Length);
            Assert.False(RespCodes.Message(code, Language.Chinese).IsEmpty);
            Assert.False(RespCodes.Message(code, Language.English).IsEmpty);
            Assert.Equal(code, RespCodes.Parse(RespCodes.Text(code)));
        }
    }
}
