using System.Text;
using CsCheck;
using Xunit;

namespace HotPath.Signing.Tests;

public class StrictBase64Tests
{
    [Fact]
    public void EveryByteString_IsReadBack()
    {
        Gen.Byte.Array[1, 512].Sample(bytes =>
        {
            byte[] into = new byte[512];
            bool isRead = StrictBase64.TryDecode(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)), into, out int length);
            return isRead && into.AsSpan(0, length).SequenceEqual(bytes);
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAA")]
    [InlineData("AAAA AAAA")]
    [InlineData("AAAA\nAAAA")]
    [InlineData(" AAAA")]
    [InlineData("AAAA ")]
    [InlineData("AAA==")]
    [InlineData("AB==")] // spare bits: the canonical spelling is AA==
    [InlineData("AAB=")]
    [InlineData("AA-_")]
    [InlineData("AA==AAAA")]
    [InlineData("====")]
    public void AnyOtherSpelling_IsRefused(string text)
    {
        Assert.False(StrictBase64.TryDecode(Encoding.ASCII.GetBytes(text), new byte[64], out _));
    }

    [Fact]
    public void MoreThanFits_IsRefused()
    {
        string text = Convert.ToBase64String(new byte[513]);
        Assert.False(StrictBase64.TryDecode(Encoding.ASCII.GetBytes(text), new byte[512], out _));
    }
}
