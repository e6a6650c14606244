using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Wire;
using Xunit;

namespace HotPath.Core.Tests.Wire;

public class RequestReaderTests
{
    private static readonly (string Name, string Value)[] Payment =
    [
        ("version", "1.3"), ("charset", "UTF-8"), ("sign_type", "RSA2"), ("sign", "AAAA"), ("biz_type", "SCAN_PAY"),
        ("req_time", "20260919103000"), ("req_id", "R1"), ("inst_id", "CN0001"), ("out_trade_no", "T1001"), ("total_amount", "88.80"),
        ("currency", "HKD"), ("trade_type", "SCAN"), ("qr_type", "01"), ("qr_content", "https://qr.example.hk/p?m=1&o=2"), ("body", "咖啡 A&B"),
        ("terminal_type", "01"), ("terminal_id", "T01"),
    ];

    [Fact]
    public void Table_IsInByteOrder_AndEveryNameIsFound()
    {
        Assert.Equal((int)Member.Count, MemberTable.Rules.Length);
        for (int i = 0; i < MemberTable.Rules.Length; i++)
        {
            Assert.Equal((Member)i, MemberTable.Rules[i].Member);
            Assert.Equal((Member)i, MemberTable.Find(Encoding.ASCII.GetBytes(MemberTable.Rules[i].Name)));
            Assert.True(i == 0 || string.CompareOrdinal(MemberTable.Rules[i - 1].Name, MemberTable.Rules[i].Name) < 0);
        }
        Assert.Equal(Member.Unknown, MemberTable.Find("resp_code"u8));
        Assert.Equal(Member.Unknown, MemberTable.Find(""u8));
    }

    [Fact]
    public void Payment_IsReadWhole_WhateverTheOrderOfItsMembers()
    {
        foreach ((string, string)[] order in new[] { Payment, [.. Payment.Reverse()] })
        {
            RequestSlot slot = Slot(Json(order));
            Assert.False(RequestReader.Read(slot).IsRefusal);
            Assert.False(RequestReader.CheckInterface(slot).IsRefusal);
            Assert.Equal(BizType.ScanPay, slot.BizType);
            Assert.Equal(8880, slot.Amount.MinorUnits);
            Assert.Equal("HKD", slot.Currency.ToString());
            foreach ((string name, string value) in Payment)
            {
                Assert.Equal(value, Encoding.UTF8.GetString(slot[MemberTable.Find(Encoding.ASCII.GetBytes(name))]));
            }
        }
    }

    [Fact]
    public void Escapes_AreReadAsWhatTheyStandFor_InValuesAndNames()
    {
        string json = Json(Payment).Replace("\"body\":\"咖啡 A&B\"", "\"\\u0062ody\":\"\\u5496\\u5561 A\\u0026B\"", StringComparison.Ordinal);
        RequestSlot slot = Slot(json);
        Assert.False(RequestReader.Read(slot).IsRefusal);
        Assert.Equal("咖啡 A&B", Encoding.UTF8.GetString(slot[Member.Body]));
        RequestReader.WriteSigningText(slot);
        Assert.Contains("&body=咖啡 A&B&charset", "&" + Encoding.UTF8.GetString(slot.SigningText), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{}x")]
    [InlineData("{}{}")]
    [InlineData("{\"a\":\"1\",}")]
    [InlineData("{\"a\":\"1\"/**/}")]
    [InlineData("{'a':'1'}")]
    [InlineData("{\"version\":1.3}")]
    [InlineData("{\"version\":true}")]
    [InlineData("{\"version\":null}")]
    [InlineData("{\"version\":{}}")]
    [InlineData("{\"version\":[\"1.3\"]}")]
    [InlineData("{\"version\":\"\"}")]
    [InlineData("{\"version\":\"1.3\",\"version\":\"1.3\"}")]
    [InlineData("{\"version\":\"1.3\",\"vers\\u0069on\":\"1.3\"}")]
    [InlineData("{\"other\":\"1\",\"other\":\"1\"}")]
    [InlineData("{\"other\":null}")]
    [InlineData("{\"body\":\"a\\u0000b\"}")]
    [InlineData("{\"body\":\"a\\nb\"}")]
    [InlineData("{\"body\":\"a\\u007fb\"}")]
    [InlineData("{\"body\":\"a\\u0085b\"}")]
    [InlineData("{\"body\":\"a\u0085b\"}")]
    [InlineData("{\"body\":\"\\ud800\"}")]
    [InlineData("{\"body\":\"\\udc00\\ud800\"}")]
    [InlineData("{\"body\":\"\\ud800x\"}")]
    [InlineData("\uFEFF{\"version\":\"1.3\"}")]
    [InlineData("{\"body\":\"a\tb\"}")]
    public void WhatIsNotAFlatObjectOfStrings_IsMalformed(string json)
    {
        Assert.Equal(RespCode.MemberMalformed, RequestReader.Read(Slot(json)).Code);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0x80 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })]
    [InlineData(new byte[] { 0xE5, 0x92 })]
    public void InvalidUtf8_IsMalformed(byte[] bytes)
    {
        byte[] json = [.. "{\"body\":\""u8, .. bytes, .. "\"}"u8];
        Assert.Equal(RespCode.MemberMalformed, RequestReader.Read(Slot(json)).Code);
    }

    [Fact]
    public void EveryMember_LeftOut_IsNamedAsMissing()
    {
        foreach ((string name, string _) in Payment)
        {
            RequestSlot slot = Slot(Json([.. Payment.Where(member => member.Name != name)]));
            Rejection rejection = RequestReader.Read(slot) is { IsRefusal: true } common ? common : RequestReader.CheckInterface(slot);
            Assert.Equal(new Rejection(RespCode.MemberMissing, MemberTable.Find(Encoding.ASCII.GetBytes(name))), rejection);
        }
    }

    [Theory]
    [InlineData("version", "1.4", "C003")]
    [InlineData("charset", "GBK", "C003")]
    [InlineData("sign_type", "RSA", "C003")]
    [InlineData("sign_type", "rsa2", "C003")]
    [InlineData("sign_type", "es256", "C003")]
    [InlineData("sign_type", "ES384", "C003")]
    [InlineData("sign_type", "none", "C003")]
    [InlineData("biz_type", "scan_pay", "C003")]
    [InlineData("biz_type", "PAY", "C003")]
    [InlineData("req_time", "20260230103000", "C002")]
    [InlineData("req_time", "2026091910300", "C002")]
    [InlineData("req_id", "R 1", "C002")]
    [InlineData("req_id", "流水", "C002")]
    [InlineData("inst_id", "CN-0001", "C002")]
    [InlineData("out_trade_no", "T/1", "C002")]
    [InlineData("total_amount", "1e2", "C002")]
    [InlineData("total_amount", "1,000.00", "C002")]
    [InlineData("total_amount", "1.001", "C002")]
    [InlineData("total_amount", "0", "C003")]
    [InlineData("total_amount", "0.00", "C003")]
    [InlineData("currency", "hkd", "C002")]
    [InlineData("currency", "HK", "C002")]
    [InlineData("currency", "XXX", "C003")]
    [InlineData("trade_type", "FACEPAY", "C003")]
    [InlineData("qr_type", "03", "C003")]
    [InlineData("terminal_type", "9", "C003")]
    public void Value_ThatBreaksItsRow_IsRefusedWithItsCodeAndName(string name, string value, string code)
    {
        RequestSlot slot = Slot(Json([.. Payment.Select(member => member.Name == name ? (name, value) : member)]));
        Rejection rejection = RequestReader.Read(slot) is { IsRefusal: true } common ? common : RequestReader.CheckInterface(slot);
        Assert.Equal(code, RespCodes.Label(rejection.Code));
        Assert.Equal(MemberTable.Find(Encoding.ASCII.GetBytes(name)), rejection.Member);
    }

    [Theory]
    [InlineData("req_id", 64)]
    [InlineData("inst_id", 32)]
    [InlineData("out_trade_no", 64)]
    [InlineData("qr_content", 512)]
    [InlineData("body", 256)]
    [InlineData("terminal_id", 32)]
    public void Value_AtItsLongest_Fits_AndOneMoreDoesNot(string name, int max)
    {
        Assert.Equal(RespCode.None, MemberCheck.Check(MemberTable.Rule(MemberTable.Find(Encoding.ASCII.GetBytes(name))), Encoding.UTF8.GetBytes(new string('A', max))));
        Assert.Equal(RespCode.MemberMalformed, MemberCheck.Check(MemberTable.Rule(MemberTable.Find(Encoding.ASCII.GetBytes(name))), Encoding.UTF8.GetBytes(new string('A', max + 1))));
    }

    [Fact]
    public void Length_CountsCodePoints_NotBytesNorUtf16()
    {
        MemberRule body = MemberTable.Rule(Member.Body);
        string astral = string.Concat(Enumerable.Repeat("😀", 256));
        Assert.Equal(RespCode.None, MemberCheck.Check(body, Encoding.UTF8.GetBytes(astral)));
        Assert.Equal(RespCode.MemberMalformed, MemberCheck.Check(body, Encoding.UTF8.GetBytes(astral + "a")));
    }

    [Fact]
    public void MissingWins_OverMalformed_OverIllegal_OverUnknown()
    {
        (string, string)[] bad = [.. Payment.Select(m => m.Name switch { "version" => ("version", "9"), "req_id" => ("req_id", "R 1"), _ => m }), ("extra", "1")];
        Assert.Equal(new Rejection(RespCode.MemberMissing, Member.InstId), RequestReader.Read(Slot(Json([.. bad.Where(m => m.Item1 != "inst_id")]))));
        Assert.Equal(new Rejection(RespCode.MemberMalformed, Member.ReqId), RequestReader.Read(Slot(Json(bad))));
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.Version), RequestReader.Read(Slot(Json([.. bad.Select(m => m.Item1 == "req_id" ? ("req_id", "R1") : m)]))));
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.Unknown), RequestReader.Read(Slot(Json([.. Payment, ("extra", "1")]))));
    }

    [Fact]
    public void MemberOfAnotherInterface_IsUnknownHere()
    {
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.TradeNo), RequestReader.Read(Slot(Json([.. Payment, ("trade_no", new string('1', 28))]))));
    }

    [Fact]
    public void Native_NeedsADynamicCode()
    {
        RequestSlot slot = Slot(Json([.. Payment.Select(m => m.Name switch { "trade_type" => ("trade_type", "NATIVE"), "qr_type" => ("qr_type", "02"), _ => m })]));
        Assert.False(RequestReader.Read(slot).IsRefusal);
        Assert.Equal(new Rejection(RespCode.MemberIllegal, Member.TradeType), RequestReader.CheckInterface(slot));
    }

    [Fact]
    public void FractionDigits_AreHeldAgainstTheCurrency()
    {
        foreach ((string amount, string currency, bool isFine) in new[] { ("1.0", "JPY", false), ("1", "JPY", true), ("1.001", "KWD", true), ("1.001", "CNY", false), ("0.00", "JPY", false), ("0.000", "CNY", false) })
        {
            RequestSlot slot = Slot(Json([.. Payment.Select(m => m.Name switch { "total_amount" => ("total_amount", amount), "currency" => ("currency", currency), _ => m })]));
            Assert.False(RequestReader.Read(slot).IsRefusal);
            Assert.Equal(isFine ? default : new Rejection(RespCode.MemberMalformed, Member.TotalAmount), RequestReader.CheckInterface(slot));
        }
    }

    [Fact]
    public void Fingerprint_IgnoresWhatARetryMayChange_AndNothingElse()
    {
        Digest original = FingerprintOf(Payment);
        foreach (string name in new[] { "req_time", "version", "charset", "sign" })
        {
            string other = name switch { "req_time" => "20260919103001", "version" => "1.0", "charset" => "utf-8", _ => "BBBB" };
            Assert.Equal(original, FingerprintOf([.. Payment.Select(m => m.Name == name ? (name, other) : m)]));
        }
        Assert.Equal(original, FingerprintOf([.. Payment, ("nonce", "12345678"), ("key_id", "k1")]));
        foreach (string name in new[] { "out_trade_no", "total_amount", "currency", "trade_type", "qr_type", "qr_content", "body", "terminal_type", "terminal_id", "req_id", "inst_id" })
        {
            Assert.NotEqual(original, FingerprintOf([.. Payment.Select(m => m.Name == name ? (name, m.Value + "1") : m)]));
        }
    }

    [Fact]
    public void Body_CutAtEveryPosition_IsRefusedAndNeverThrows()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Json(Payment));
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal(RespCode.MemberMalformed, RequestReader.Read(Slot(whole[..length])).Code);
        }
    }

    private static Digest FingerprintOf((string, string)[] members)
    {
        RequestSlot slot = Slot(Json(members));
        RequestReader.Read(slot);
        return RequestReader.Fingerprint(slot);
    }

    private static string Json((string Name, string Value)[] members) =>
        "{" + string.Join(",", members.Select(member => $"\"{member.Name}\":\"{member.Value}\"")) + "}";

    private static RequestSlot Slot(string json) => Slot(Encoding.UTF8.GetBytes(json));

    private static RequestSlot Slot(byte[] json)
    {
        var slot = new RequestSlot();
        json.CopyTo(slot.BodyBuffer);
        slot.SetBody(json.Length);
        return slot;
    }
}
