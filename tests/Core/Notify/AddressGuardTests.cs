using System.Net;
using HotPath.Core.Notify.Http;
using Xunit;

namespace HotPath.Core.Tests.Notify;

/// <summary>F51: where notifications do not go, by address and by what is written in a notify_url.</summary>
public class AddressGuardTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.9")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("4000::1")]
    [InlineData("5f00::1")]
    [InlineData("fc00::1")]
    [InlineData("fdff::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void ASpecialAddress_IsRefused(string address) => Assert.NotNull(AddressGuard.Refusal(IPAddress.Parse(address), []));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("2400:3200::1")]
    [InlineData("2606:4700::1111")]
    public void APublicAddress_Passes_UpToTheEdge(string address) => Assert.Null(AddressGuard.Refusal(IPAddress.Parse(address), []));

    [Theory]
    [InlineData("http://pay.example.com/n")]
    [InlineData("ftp://pay.example.com/n")]
    [InlineData("//pay.example.com/n")]
    [InlineData("https://user:secret@pay.example.com/n")]
    [InlineData("https://user@pay.example.com/n")]
    [InlineData("https://pay.example.com@10.0.0.1/n")]
    [InlineData("https://pay.example.com/n#part")]
    [InlineData("https://pay.example.com:8443/n")]
    [InlineData("https://127.0.0.1/n")]
    [InlineData("https://2130706433/n")]
    [InlineData("https://0x7f000001/n")]
    [InlineData("https://0177.0.0.1/n")]
    [InlineData("https://127.1/n")]
    [InlineData("https://134744072/n")]
    [InlineData("https://[::1]/n")]
    [InlineData("https://[::ffff:127.0.0.1]/n")]
    [InlineData("https://pay.example.com\\@evil.example/n")]
    [InlineData("https://pay.example.com/ n")]
    [InlineData("https://支付.example/n")]
    public void ANotifyUrl_ThatIsNotPlainlyAPublicHttpsAddress_IsRefused(string url) =>
        Assert.NotEmpty(NotifyAddress.Read(url, trusted: []).Faults);

    [Theory]
    [InlineData("https://pay.example.com/n")]
    [InlineData("https://Pay.Example.com:443/n?key=1&of=2")]
    [InlineData("https://8.8.8.8/n")]
    public void APlainOne_IsTaken(string url) => Assert.Empty(NotifyAddress.Read(url, trusted: []).Faults);

    [Fact]
    public void ALongOne_IsRefused()
    {
        string longest = "https://pay.example.com/" + new string('a', NotifyAddress.MaxLength - 24);
        Assert.Empty(NotifyAddress.Read(longest, trusted: []).Faults);
        Assert.NotEmpty(NotifyAddress.Read(longest + "a", trusted: []).Faults);
    }
}
