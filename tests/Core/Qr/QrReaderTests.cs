using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using Xunit;

namespace HotPath.Core.Tests.Qr;

/// <summary>F69 and protocol, section 5, rule by rule.</summary>
public sealed class QrReaderTests
{
    /// <summary>Codes that others made and summed: the EMVCo specification's own, and those of schemes' generators and documents.</summary>
    public static TheoryData<string, string, string> Published => new()
    {
        // EMV QRCPS merchant-presented mode, the example of its annex: Chinese letters in tag 64, two schemes.
        {
            "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.72" +
            "53031565502016233030412340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A", "CNY", "23.72"
        },
        // Hong Kong's FPS, by identifier, by telephone, and in a code that UnionPay shares (tag 15).
        { "00020101021226320012hk.com.hkicl0207600050906011520400005303344540510.505802HK5902NA6002HK62270523HKTEST202103190606259626304BCD1", "HKD", "10.50" },
        { "00020101021226330012hk.com.hkicl0313+852-6789123452040000530334454031005802HK5914company_1_data6002HK62170513INV/TEST/00016304A154", "HKD", "100" },
        { "00020101021126400012hk.com.hkicl01030040313+852-8765432152040000530334454041.235802HK5902NA6002HK6304C246", "HKD", "1.23" },
        {
            "0002010102121531479803444798034459803449399006326450012hk.com.hkicl0209166069526051229123123595952049399530334454042.005802HK5902NA6002HK6293011900-12348A1079842538" +
            "0218001-20200726084100032263ee92126d3fb9ff7bed98041802150821101001445D80560013com.swiftpass0212181570002009041900-12348A10798425386304F335", "HKD", "2.00"
        },
        // Thailand's PromptPay (promptpay-qr 0.5.0), static and dynamic: neither 52 nor 59.
        { "00020101021129370016A000000677010111011300668012345675802TH530376463046197", "THB", "1.00" },
        { "00020101021229370016A000000677010111011300660000000005802TH530376454044.226304E469", "THB", "4.22" },
        // Singapore's PayNow (paynowqr 1.1.0), Vietnam's VietQR (vietnam-qr-pay 1.5.1, and one with tag 15), Cambodia's KHQR, Indonesia's QRIS.
        { "00020101021226490009SG.PAYNOW010120210201403121W0301004082020123152040000530370254035005802SG5913ACME Pte Ltd.6009Singapore62150111TQINV-100016304C7F0", "SGD", "500" },
        { "00020101021238540010A00000072701240006970422011001234567890208QRIBFTTA53037045405100005802VN62080804test63046BF4", "VND", "10000" },
        { "0002010102111531397007040052044600009362810200938550010A000000727012500069704230111936281020090208QRIBFTTA5204513753037045802VN5913LY CAO NGUYEN6006Ha Noi8707CLASSIC6304916D", "VND", "1" },
        { "00020101021115231234567812345678901234529180014jonhsmith@nbcq5204599953031165802KH5910Jonh Smith6010Phnom Penh6304F646", "KHR", "4000" },
        {
            "00020101021126620014COM.GO-JEK.WWW011993600914123456789010210G1234567890303UMI51440014ID.CO.QRIS.WWW0215ID10200123456780303UMI5204581253033605802ID5911TOKO CONTOH" +
            "6007JAKARTA61051011062120708KASIR-0163043ACC", "IDR", "15000"
        },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void PublishedCode_IsAccepted_AndEveryBentBitOfItIsNot(string code, string currency, string amount)
    {
        QrType type = code[10..12] == "11" ? QrType.Static : QrType.Dynamic;
        Assert.Equal(QrDefect.None, Defect(code, type, currency, amount));
        Assert.Equal(QrKind.Emv, QrReader.Read(Encoding.UTF8.GetBytes(code)).Kind);
        Assert.True(EmvOracle.IsLegal(code, type == QrType.Dynamic ? "01" : "02", currency, amount));
        byte[] bytes = Encoding.UTF8.GetBytes(code);
        // Behind 000201, without which it is no EMVCo code; and a letter of the checksum may change its case.
        for (int bit = 6 * 8; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            bool isOnlyCase = bit % 8 == 5 && bit / 8 >= bytes.Length - 4 && char.IsAsciiLetter((char)bytes[bit / 8]);
            Assert.Equal(isOnlyCase, QrReader.Read(bytes).Defect == QrDefect.None);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void PublishedCode_CutAnywhere_IsRefused(string code, string currency, string amount)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(code);
        for (int length = 6; length < bytes.Length; length++)
        {
            Assert.NotEqual(QrDefect.None, QrReader.Read(bytes.AsSpan(0, length)).Defect);
        }
        Assert.Equal(QrDefect.None, Defect(code, code[10..12] == "11" ? QrType.Static : QrType.Dynamic, currency, amount));
    }

    [Fact]
    public void Checksum_IsCcittFalse_OverTheBytesAndNotTheLetters()
    {
        // The check value every catalogue of CRCs gives.
        Assert.Equal("29B1", EmvCode.Crc("123456789"));
        string code = EmvCode.Of(EmvCode.Fps, ("59", "咖啡"));
        Assert.Equal(QrDefect.None, ReadOf(code).Defect);
        // Each UTF-16 unit taken for a byte, as some public decoders do.
        Assert.Equal(QrDefect.BadChecksum, ReadOf(code[..^4] + EmvCode.Crc(string.Concat(code[..^4].Select(unit => (char)(unit & 0x7F))))).Defect);
    }

    [Fact]
    public void Checksum_MayBeSpelledInEitherCase_AndHasFourDigitsAlways()
    {
        string code = Enumerable.Range(0, 100_000).Select(i => EmvCode.Of(EmvCode.Fps, ("59", $"shop {i}"))).First(code => code[^4] == '0' && code[^3..].Any(char.IsAsciiLetter));
        Assert.Equal(QrDefect.None, ReadOf(code).Defect);
        Assert.Equal(QrDefect.None, ReadOf(code[..^4] + code[^4..].ToLowerInvariant()).Defect);
        Assert.Equal(QrDefect.NoChecksum, ReadOf(code[..^8] + "6303" + code[^3..]).Defect);
        Assert.Equal(QrDefect.NoChecksum, ReadOf(code[..^4] + " " + code[^3..]).Defect);
        Assert.Equal(QrDefect.NoChecksum, ReadOf(code[..^4] + "+" + code[^3..]).Defect);
        Assert.Equal(QrDefect.NoChecksum, ReadOf(code[..^4] + "é" + code[^3..]).Defect);
        Assert.Equal(QrDefect.BadChecksum, ReadOf(code[..^4] + "0000").Defect);
    }

    [Fact]
    public void Length_CountsCharacters_NotBytesAndNotUtf16()
    {
        (string, string) name = ("59", "咖啡😀");
        Assert.Equal(QrDefect.None, ReadOf(EmvCode.Of(EmvCode.Fps, name, ("60", "HK"))).Defect);
        Assert.Equal(QrDefect.BadObject, ReadOf(EmvCode.Summed("0002015904咖啡😀6002HK")).Defect);
        Assert.Equal(QrDefect.BadObject, ReadOf(EmvCode.Summed("0002015910咖啡😀6002HK")).Defect);
    }

    [Theory]
    [InlineData("5900")]
    [InlineData("59")]
    [InlineData("590")]
    [InlineData("5A02xy")]
    [InlineData("590Axy")]
    [InlineData("59 2xy")]
    [InlineData("5999short")]
    [InlineData("５902xy")]
    public void Object_ThatIsNone_IsRefused(string text) => Assert.Equal(QrDefect.BadObject, ReadOf(EmvCode.Summed("000201" + text)).Defect);

    [Fact]
    public void RootObject_ThereTwice_IsRefused_WhicheverItIs()
    {
        foreach (string id in new[] { "00", "01", "26", "53", "54", "59", "62", "99" })
        {
            string value = id switch { "00" => "01", "01" => "11", "26" => EmvCode.Fps.Value, "53" => "344", "54" => "88.80", _ => "x" };
            (string, string)[] twice = id == "00" ? [(id, value)] : [(id, value), ("58", "HK"), (id, value)];
            Assert.Equal(QrDefect.RepeatedObject, ReadOf(EmvCode.Of(twice)).Defect);
        }
    }

    [Fact]
    public void Checksum_IsTheLastObject_OrNone()
    {
        string whole = EmvCode.Of(EmvCode.Fps);
        Assert.Equal(QrDefect.NoChecksum, ReadOf("000201").Defect);
        Assert.Equal(QrDefect.NoChecksum, ReadOf("000201" + EmvCode.Objects(EmvCode.Fps)).Defect);
        Assert.Equal(QrDefect.NoChecksum, ReadOf(whole + "5902xy").Defect);
        Assert.Equal(QrDefect.RepeatedObject, ReadOf(EmvCode.Summed(whole)).Defect);
        Assert.Equal(QrDefect.BadObject, ReadOf(whole + " ").Defect);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0099ab")]
    [InlineData("0102ab")]
    [InlineData("0000")]
    [InlineData("0002ab0002ab")]
    [InlineData("0002ab0102cd0102ef")]
    public void Account_ThatDoesNotSayWhoseItIs_IsRefused(string template)
    {
        foreach (string id in new[] { "26", "38", "51" })
        {
            Assert.Equal(QrDefect.BadTemplate, ReadOf(EmvCode.Of((id, template))).Defect);
        }
        // Others are not templates, or none of ours.
        foreach (string id in new[] { "02", "15", "25", "52", "62", "64", "80" })
        {
            Assert.Equal(QrDefect.None, ReadOf(EmvCode.Of((id, template))).Defect);
        }
    }

    [Theory]
    [InlineData("11", QrType.Static, QrDefect.None)]
    [InlineData("12", QrType.Dynamic, QrDefect.None)]
    [InlineData("11", QrType.Dynamic, QrDefect.OtherMethod)]
    [InlineData("12", QrType.Static, QrDefect.OtherMethod)]
    [InlineData("21", QrType.Static, QrDefect.BadMethod)]
    [InlineData("1", QrType.Static, QrDefect.BadMethod)]
    [InlineData("112", QrType.Dynamic, QrDefect.BadMethod)]
    public void Method_AgreesWithQrType(string method, QrType type, QrDefect defect) =>
        Assert.Equal(defect, Defect(EmvCode.Of(("01", method), EmvCode.Fps), type, "HKD", "88.80"));

    [Fact]
    public void Code_ThatSaysNothingOfMethodCurrencyAndAmount_AgreesWithAny()
    {
        string code = EmvCode.Of(EmvCode.Fps);
        Assert.Equal(QrDefect.None, Defect(code, QrType.Static, "HKD", "88.80"));
        Assert.Equal(QrDefect.None, Defect(code, QrType.Dynamic, "JPY", "1"));
    }

    [Theory]
    [InlineData("344", "HKD", true)]
    [InlineData("036", "AUD", true)]
    [InlineData("048", "BHD", true)]
    [InlineData("36", "AUD", false)]
    [InlineData("0036", "AUD", false)]
    [InlineData("156", "HKD", false)]
    [InlineData("HKD", "HKD", false)]
    [InlineData("000", "HKD", false)]
    [InlineData("３４４", "HKD", false)]
    public void Currency_IsTheRequests_ByIso4217sNumber(string number, string currency, bool isAccepted) =>
        Assert.Equal(isAccepted ? QrDefect.None : QrDefect.OtherCurrency, Defect(EmvCode.Of(("53", number), EmvCode.Fps), QrType.Static, currency, "5"));

    [Theory]
    [InlineData("88.80", "HKD", "88.80", true)]
    [InlineData("88.8", "HKD", "88.80", true)]
    [InlineData("88.800", "HKD", "88.80", true)]
    [InlineData("88.8000000", "HKD", "88.8", true)]
    [InlineData("088.80", "HKD", "88.80", true)]
    [InlineData("98", "HKD", "98.00", true)]
    [InlineData("98.", "HKD", "98", true)]
    [InlineData("1200.00", "JPY", "1200", true)]
    [InlineData("0.005", "KWD", "0.005", true)]
    [InlineData("9999999999999", "KWD", "9999999999999", true)]
    [InlineData("88.81", "HKD", "88.80", false)]
    [InlineData("88.801", "HKD", "88.80", false)]
    [InlineData("88.80", "HKD", "8880", false)]
    [InlineData("1200.01", "JPY", "1200", false)]
    [InlineData("0", "HKD", "88.80", false)]
    [InlineData(".8", "HKD", "0.80", false)]
    [InlineData(".", "HKD", "0.80", false)]
    [InlineData("88,80", "HKD", "88.80", false)]
    [InlineData("88.8.0", "HKD", "88.80", false)]
    [InlineData("+88.80", "HKD", "88.80", false)]
    [InlineData("8.88e1", "HKD", "88.80", false)]
    [InlineData("８８.80", "HKD", "88.80", false)]
    [InlineData("00000000088.80", "HKD", "88.80", false)]
    [InlineData("99999999999999999999999999999999999999", "HKD", "88.80", false)]
    public void Amount_IsTheRequests_ByValue(string inside, string currency, string amount, bool isAccepted) =>
        Assert.Equal(isAccepted ? QrDefect.None : QrDefect.OtherAmount, Defect(EmvCode.Of(("54", inside), EmvCode.Fps), QrType.Static, currency, amount));

    [Theory]
    [InlineData("https://qr.example.hk/p?m=1&o=2", "qr.example.hk")]
    [InlineData("HTTPS://QR.EXAMPLE.HK", "QR.EXAMPLE.HK")]
    [InlineData("https://qr.example.hk:8443?x", "qr.example.hk")]
    [InlineData("https://qr.example.hk.#咖啡", "qr.example.hk.")]
    [InlineData("https://127.0.0.1/x", "127.0.0.1")]
    [InlineData("https://xn--fiq228c.example/@", "xn--fiq228c.example")]
    public void HttpsAddress_HasAHost(string content, string host)
    {
        QrReading reading = ReadOf(content);
        Assert.Equal((QrKind.Https, QrDefect.None), (reading.Kind, reading.Defect));
        Assert.Equal(host, Encoding.UTF8.GetString(reading.Host.Of(Encoding.UTF8.GetBytes(content))));
    }

    [Theory]
    [InlineData("https://")]
    [InlineData("https:///p")]
    [InlineData("https://?m=1")]
    [InlineData("https://.example.hk")]
    [InlineData("https://-x.hk")]
    [InlineData("https://qr.example.hk@evil.example/")]
    [InlineData("https://user:word@qr.example.hk/")]
    [InlineData(@"https://qr.example.hk\@evil.example/")]
    [InlineData("https://qr.example.hk:/")]
    [InlineData("https://qr.example.hk:x/")]
    [InlineData("https://qr.example.hk:123456/")]
    [InlineData("https://qr.example.hk:1:2/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://咖啡.example/")]
    [InlineData("https://qr%2eexample.hk/")]
    [InlineData("https://qr example.hk/")]
    public void HttpsAddress_WhoseHostIsUnclear_IsRefused(string content) => Assert.Equal(QrDefect.BadAddress, ReadOf(content).Defect);

    [Theory]
    [InlineData("http://qr.example.hk/p")]
    [InlineData("https:/qr.example.hk")]
    [InlineData("000202")]
    [InlineData("00020")]
    [InlineData(" 000201")]
    [InlineData("weixin://wxpay/bizpayurl?pr=x")]
    [InlineData("281012345678901234")]
    [InlineData("咖")]
    public void AnythingElse_IsOpaque(string content)
    {
        QrReading reading = ReadOf(content);
        Assert.Equal((QrKind.Opaque, QrDefect.None), (reading.Kind, reading.Defect));
    }

    [Fact]
    public void Digest_OfASingleUseCode_IsTheSame_HoweverItsChecksumIsSpelled()
    {
        string code = Enumerable.Range(0, 1000).Select(i => EmvCode.Of(("01", "12"), EmvCode.Fps, ("59", $"shop {i}"))).First(code => code[^4..].Any(char.IsAsciiLetter));
        string small = code[..^4] + code[^4..].ToLowerInvariant();

        Assert.Equal(Digest.Of(Encoding.UTF8.GetBytes(code)), DigestOf(code));
        Assert.Equal(DigestOf(code), DigestOf(small));
        // Nothing else is made alike.
        Assert.NotEqual(DigestOf(code), DigestOf(EmvCode.Of(("01", "12"), EmvCode.Fps, ("59", "SHOP"))));
        Assert.NotEqual(DigestOf("https://qr.example.hk/abcd"), DigestOf("https://qr.example.hk/ABCD"));
        Assert.NotEqual(DigestOf("opaque-abcd"), DigestOf("opaque-ABCD"));
    }

    private static Digest DigestOf(string content) => QrReader.DigestOf(ReadOf(content), Encoding.UTF8.GetBytes(content));

    private static QrReading ReadOf(string content) => QrReader.Read(Encoding.UTF8.GetBytes(content));

    private static QrDefect Defect(string code, QrType type, string currency, string amount)
    {
        byte[] content = Encoding.UTF8.GetBytes(code);
        var known = Currency.Parse(currency);
        Assert.Equal(AmountForm.Ok, Amount.TryParse(Encoding.ASCII.GetBytes(amount), known.Exponent, out Amount asked));
        return QrReader.Compare(QrReader.Read(content), content, type, known, asked);
    }
}
