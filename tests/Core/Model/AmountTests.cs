using System.Text;
using CsCheck;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Model;

public class AmountTests
{
    [Theory]
    [InlineData("88.80", 2, 8880)]
    [InlineData("88.8", 2, 8880)]
    [InlineData("88", 2, 8800)]
    [InlineData("0.01", 2, 1)]
    [InlineData("1", 0, 1)]
    [InlineData("0.005", 3, 5)]
    [InlineData("9999999999999.999", 3, 9_999_999_999_999_999)]
    public void Text_OfAnAmount_IsMinorUnits(string text, int exponent, long minor)
    {
        Assert.Equal(AmountForm.Ok, Amount.TryParse(Encoding.UTF8.GetBytes(text), exponent, out Amount amount));
        Assert.Equal(minor, amount.MinorUnits);
    }

    [Theory]
    [InlineData("1e2", 2)]
    [InlineData("1,000.00", 2)]
    [InlineData("+1", 2)]
    [InlineData("-1", 2)]
    [InlineData(" 1", 2)]
    [InlineData("1 ", 2)]
    [InlineData("01", 2)]
    [InlineData("00.1", 2)]
    [InlineData("1.001", 2)]
    [InlineData("1.0", 0)]
    [InlineData("1.", 2)]
    [InlineData(".5", 2)]
    [InlineData("12345678901234", 2)]
    [InlineData("1.2345", 3)]
    [InlineData("", 2)]
    [InlineData(".", 2)]
    [InlineData("1.1.1", 2)]
    [InlineData("１", 2)]
    [InlineData("NaN", 2)]
    [InlineData("0x10", 2)]
    public void Text_OfAnyOtherForm_IsMalformed(string text, int exponent)
    {
        Assert.Equal(AmountForm.Malformed, Amount.TryParse(Encoding.UTF8.GetBytes(text), exponent, out _));
    }

    [Theory]
    [InlineData("0", 2)]
    [InlineData("0.00", 2)]
    [InlineData("0", 0)]
    public void Text_OfZero_IsZero(string text, int exponent)
    {
        Assert.Equal(AmountForm.Zero, Amount.TryParse(Encoding.UTF8.GetBytes(text), exponent, out _));
    }

    [Fact]
    public void EveryAmount_RendersBackToItself()
    {
        Gen.Select(Gen.Long[1, 9_999_999_999_999], Gen.Int[0, 3]).Sample((minor, exponent) =>
        {
            Span<byte> text = stackalloc byte[Amount.MaxTextLength];
            int length = new Amount(minor).Format(text, exponent);
            return Amount.TryParse(text[..length], exponent, out Amount back) == AmountForm.Ok && back.MinorUnits == minor;
        });
    }

    [Theory]
    [InlineData("JPY", 0)]
    [InlineData("KRW", 0)]
    [InlineData("VND", 0)]
    [InlineData("CNY", 2)]
    [InlineData("HKD", 2)]
    [InlineData("USD", 2)]
    [InlineData("IDR", 2)]
    [InlineData("HUF", 2)]
    [InlineData("KWD", 3)]
    [InlineData("BHD", 3)]
    public void Currency_HasTheMinorUnitOfIso4217(string code, int exponent)
    {
        var currency = Currency.Parse(code);
        Assert.True(currency.IsKnown);
        Assert.Equal(exponent, currency.Exponent);
        Assert.Equal(code, currency.ToString());
        Assert.Equal(currency, Currency.FromRaw(currency.ToRaw()));
    }

    [Theory]
    [InlineData("JPY", 392)]
    [InlineData("CNY", 156)]
    [InlineData("HKD", 344)]
    [InlineData("THB", 764)]
    [InlineData("SGD", 702)]
    [InlineData("EUR", 978)]
    [InlineData("AUD", 36)]
    [InlineData("ALL", 8)]
    [InlineData("KWD", 414)]
    [InlineData("BHD", 48)]
    [InlineData("", 0)]
    public void Currency_HasTheNumberOfIso4217(string code, int number)
    {
        Assert.Equal(number, Currency.Parse(code).NumericCode);
        Assert.Equal(number, Currency.FromRaw(Currency.Parse(code).ToRaw()).NumericCode);
    }

    [Theory]
    [InlineData("XXX")]
    [InlineData("XAU")]
    [InlineData("cny")]
    [InlineData("CN")]
    [InlineData("CNYY")]
    [InlineData("")]
    public void Currency_ThatNobodyPaysWith_IsUnknown(string code)
    {
        Assert.False(Currency.Parse(code).IsKnown);
    }
}
