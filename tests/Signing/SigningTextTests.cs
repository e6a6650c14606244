using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace HotPath.Signing.Tests;

public class SigningTextTests
{
    // The vector of the protocol document: whoever implements the rule anew begins here.
    private const string Vector =
        "biz_type=SCAN_PAY&body=咖啡 A&B&charset=UTF-8&currency=HKD&inst_id=CN0001&out_trade_no=T1001&qr_content=https://qr.example.hk/p?m=1&o=2" +
        "&qr_type=01&req_id=R202609190001&req_time=20260919103000&sign_type=RSA2&terminal_id=T01&terminal_type=01&total_amount=88.80" +
        "&trade_type=SCAN&version=1.3";

    private static readonly (string Name, string Value)[] VectorMembers =
    [
        ("biz_type", "SCAN_PAY"), ("body", "咖啡 A&B"), ("charset", "UTF-8"), ("currency", "HKD"), ("inst_id", "CN0001"),
        ("out_trade_no", "T1001"), ("qr_content", "https://qr.example.hk/p?m=1&o=2"), ("qr_type", "01"), ("req_id", "R202609190001"),
        ("req_time", "20260919103000"), ("sign_type", "RSA2"), ("terminal_id", "T01"), ("terminal_type", "01"), ("total_amount", "88.80"),
        ("trade_type", "SCAN"), ("version", "1.3"),
    ];

    [Fact]
    public void Text_OfTheVectorsMembers_IsTheVector()
    {
        var text = new SigningText(new byte[1024]);
        foreach ((string name, string value) in VectorMembers)
        {
            text.Append(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
        }

        Assert.Equal(Vector, Encoding.UTF8.GetString(text.Text));
        Assert.Equal(
            "0e25fef90638c544eb4bf67d1bac5fce60f5d10eb57463fcf973d05bd92f57ed",
            Convert.ToHexStringLower(SHA256.HashData(text.Text)));
    }

    [Theory]
    [InlineData("b", "a")]
    [InlineData("a", "a")]
    [InlineData("sign_type", "sign")]
    public void Append_OutOfByteOrder_IsABug(string first, string second)
    {
        Assert.Throws<InvalidOperationException>(() =>
        {
            var text = new SigningText(new byte[64]);
            text.Append(Encoding.UTF8.GetBytes(first), "1"u8);
            text.Append(Encoding.UTF8.GetBytes(second), "2"u8);
        });
    }

    [Fact]
    public void Append_SaysWhereTheValueStands()
    {
        var text = new SigningText(new byte[64]);
        text.Append("a"u8, "1"u8);
        int at = text.Append("bc"u8, "xyz"u8);
        Assert.Equal("xyz", Encoding.UTF8.GetString(text.Text.Slice(at, 3)));
    }
}
