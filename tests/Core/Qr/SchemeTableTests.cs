using System.Text;
using HotPath.Core.Qr;
using Xunit;

namespace HotPath.Core.Tests.Qr;

public sealed class SchemeTableTests
{
    private static readonly SchemeTable Table = new(
        ["hk.com.hkicl", "SG.PAYNOW", "A000000677010111", SchemeTable.UnionPay],
        new Dictionary<string, string> { ["qr.95516.com"] = SchemeTable.UnionPay, ["QR.Example.hk"] = "HK.COM.HKICL" });

    private static readonly SchemeSet Fps = Table.Of("hk.com.hkicl");

    [Fact]
    public void EachScheme_IsItsOwn_AndItsCaseIsNone()
    {
        SchemeSet[] all = [Fps, Table.Of("SG.PAYNOW"), Table.Of("A000000677010111"), Table.Of(SchemeTable.UnionPay)];
        Assert.Equal(4, all.Distinct().Count());
        Assert.All(all, one => Assert.False(one.IsEmpty));
        Assert.Equal(Fps, Table.Of("HK.COM.hkicl"));
        Assert.True(Table.Of("hk.com.hkic").IsEmpty);
    }

    [Theory]
    [InlineData("hk.com.hkicl", true)]
    [InlineData("HK.COM.HKICL", true)]
    [InlineData("hk.com.hkicl.fps", false)]
    [InlineData("hk.com.hkicl ", false)]
    [InlineData("咖啡", false)]
    public void EmvCode_IsOfTheSchemeThatItsAccountNames(string name, bool isFps)
    {
        foreach (string id in new[] { "26", "33", "51" })
        {
            Assert.Equal(isFps ? Fps : default, Of(EmvCode.Of((id, EmvCode.Objects(("01", "x"), ("00", name))))));
        }
        // Other templates have GUIDs too, and do not say who is paid.
        Assert.True(Of(EmvCode.Of(("80", EmvCode.Objects(("00", name))))).IsEmpty);
        Assert.True(Of(EmvCode.Of(("25", EmvCode.Objects(("00", name))))).IsEmpty);
    }

    [Fact]
    public void EmvCode_OfSeveralSchemes_IsOfAllThatAreKnown()
    {
        string code = EmvCode.Of(("15", "4798034447980344598034493990063"), EmvCode.Fps, ("27", EmvCode.Objects(("00", "com.unheard.of"))), ("28", EmvCode.Objects(("00", "sg.paynow"))));
        Assert.Equal(Fps | Table.Of("SG.PAYNOW") | Table.Of(SchemeTable.UnionPay), Of(code));
    }

    [Fact]
    public void UnionPay_IsKnownByItsOwnTags()
    {
        Assert.Equal(Table.Of(SchemeTable.UnionPay), Of(EmvCode.Of(("15", "x"))));
        Assert.Equal(Table.Of(SchemeTable.UnionPay), Of(EmvCode.Of(("16", "x"))));
        Assert.True(Of(EmvCode.Of(("14", "x"))).IsEmpty);
        Assert.True(Of(EmvCode.Of(("17", "x"))).IsEmpty);
    }

    [Theory]
    [InlineData("https://qr.example.hk/p", true)]
    [InlineData("https://QR.EXAMPLE.HK:443/p", true)]
    [InlineData("https://qr.example.hk./p", true)]
    [InlineData("https://qr.example.hk", true)]
    [InlineData("https://a.qr.example.hk/p", false)]
    [InlineData("https://example.hk/qr.example.hk", false)]
    [InlineData("https://qr.example.hk.evil.example/p", false)]
    [InlineData("http://qr.example.hk/p", false)]
    [InlineData("qr.example.hk", false)]
    public void HttpsAddress_IsOfItsHostsScheme(string content, bool isFps) => Assert.Equal(isFps ? Fps : default, Of(content));

    [Fact]
    public void MoreSchemesThanASetHolds_AreRefused()
    {
        var full = new SchemeTable(Enumerable.Range(0, SchemeTable.MaxSchemes).Select(i => $"s{i}"), []);
        Assert.Equal(SchemeTable.MaxSchemes, Enumerable.Range(0, SchemeTable.MaxSchemes).Select(i => full.Of($"s{i}")).Distinct().Count());
        Assert.Throws<ArgumentException>(() => new SchemeTable(Enumerable.Range(0, SchemeTable.MaxSchemes + 1).Select(i => $"s{i}"), []));
    }

    private static SchemeSet Of(string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        QrReading reading = QrReader.Read(bytes);
        Assert.Equal(QrDefect.None, reading.Defect);
        return Table.Of(reading, bytes);
    }
}
