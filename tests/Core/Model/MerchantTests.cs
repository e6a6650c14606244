using System.Text;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Model;

public sealed class MerchantTests
{
    [Theory]
    [InlineData("BEST TRANSPORT", "BEST TRANSPORT")]
    [InlineData("  咖啡 \u3000", "咖啡")]
    [InlineData(" ", "")]
    [InlineData("@ll", "")]
    [InlineData(" @ll", "")]
    [InlineData("a@ll", "a@ll")]
    public void Text_IsShownAsAnAnswerMayShowIt(string text, string shown)
    {
        var merchant = default(Merchant);
        merchant.Set(Encoding.UTF8.GetBytes(text), default);
        Assert.Equal((shown, ""), (Encoding.UTF8.GetString(merchant.Name), Encoding.UTF8.GetString(merchant.City)));
        merchant.Set(default, Encoding.UTF8.GetBytes(text));
        Assert.Equal(("", shown), (Encoding.UTF8.GetString(merchant.Name), Encoding.UTF8.GetString(merchant.City)));
    }

    [Fact]
    public void LongestNameAndCity_OfTheWidestLetters_HavePlaceBesideEachOther()
    {
        string name = string.Concat(Enumerable.Repeat("😀", Merchant.MaxNameCharacters));
        string city = string.Concat(Enumerable.Repeat("𠮷", Merchant.MaxCityCharacters));
        var merchant = default(Merchant);
        merchant.Set(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(city));
        Assert.Equal((name, city), (Encoding.UTF8.GetString(merchant.Name), Encoding.UTF8.GetString(merchant.City)));
        Assert.Throws<ArgumentException>(() => default(Merchant).Set(new byte[101], default));
    }
}
