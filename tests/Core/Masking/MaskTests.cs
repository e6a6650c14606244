using System.Text;
using HotPath.Core.Masking;
using Xunit;

namespace HotPath.Core.Tests.Masking;

public class MaskTests
{
    // The examples of chapter 5.2.
    [Theory]
    [InlineData("310101199001011234", "310***********1234")]
    [InlineData("31010119900101123X", "310***********123X")]
    [InlineData("6222021234567891234", "622202*********1234")]
    [InlineData("6222021234561234", "622202******1234")]
    [InlineData("13812345678", "138****5678")]
    [InlineData("tel 13812345678, card 6222021234561234.", "tel 138****5678, card 622202******1234.")]
    [InlineData("POS-0042", "POS-0042")]
    [InlineData("", "")]
    public void Digits_OfPeople_AreMasked(string text, string shown)
    {
        Assert.Equal(shown, Mask.Digits(text));
    }

    [Fact]
    public void Hidden_ShowsNothingOfTheValue()
    {
        Assert.Equal("***", Mask.Show(LogView.Hidden, Encoding.UTF8.GetBytes("secret")));
        Assert.Equal("plain", Mask.Show(LogView.Plain, Encoding.UTF8.GetBytes("plain")));
    }
}
