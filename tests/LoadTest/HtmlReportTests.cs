using System.Xml;
using System.Xml.Linq;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Reporting;
using HotPath.LoadTest.Running;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class HtmlReportTests
{
    private const long Second = 1_000_000_000;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData("percentiles", "from intended start")]
    [InlineData("throughput", "refused")]
    [InlineData("latency", "p99")]
    [InlineData("cpu", "crypto")]
    public void Page_HasEachPlot_WithItsLegend(string id, string legend)
    {
        XElement plot = Assert.Single(Page("0000").Descendants(Svg + "svg"), svg => (string?)svg.Attribute("id") == id);

        Assert.Contains(plot.Descendants(Svg + "text"), text => text.Value == legend);
        Assert.True(plot.Descendants(Svg + "polyline").Count() > 5);
    }

    [Fact]
    public void Plots_LeaveNoColourToThemselves()
    {
        // A colour of the exporter's own would be invisible either on dark or on light ground.
        Assert.DoesNotContain("rgb(", Text("0000"), StringComparison.Ordinal);
        Assert.DoesNotContain("black", Text("0000"), StringComparison.Ordinal);
    }

    [Fact]
    public void Legends_AreNotCutToAnotherFontsMeasure() => Assert.DoesNotContain(
        Page("0000").Descendants(Svg + "text"), text => text.Value == "from intended start" && text.Parent!.Attribute("clip-path") is not null);

    [Fact]
    public void Ids_AreUnique()
    {
        string[] ids = [.. Page("0000").Descendants().Select(static element => (string?)element.Attribute("id")).OfType<string>()];

        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void CodeThatIsMarkup_StaysText()
    {
        XElement page = Page("<script>alert(1)</script>");

        Assert.Empty(page.Descendants("script"));
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "<script>alert(1)</script>");
        Assert.Contains("&lt;script&gt;", Text("<script>alert(1)</script>"), StringComparison.Ordinal);
    }

    [Fact]
    public void CodeThatXmlCannotHold_IsShownAsSuch() => Assert.Contains(Page("\0\u0001ab").Descendants("td"), static cell => cell.Value == "\uFFFD\uFFFDab");

    [Fact]
    public void Page_AsksNobodyForAnything()
    {
        XElement page = Page("0000");

        Assert.DoesNotContain(page.Descendants(), static element => element.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.DoesNotContain(page.Descendants().Attributes(), static attribute => attribute.Name.LocalName is "src" or "href");
        Assert.DoesNotContain("url(http", page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Page_TellsMachineCommandLimitsAndVerdict()
    {
        string text = Page("0000").Value;

        Assert.Contains("Zen", text, StringComparison.Ordinal);
        Assert.Contains("run --rate 9", text, StringComparison.Ordinal);
        Assert.Contains("pay max", text, StringComparison.Ordinal);
        Assert.Contains("BREACH", text, StringComparison.Ordinal);
    }

    private static XElement Page(string code)
    {
        using var reader = XmlReader.Create(new StringReader(Text(code)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    private static string Text(string code)
    {
        var record = new RunRecord();
        record.Begin(Second);
        for (int i = 0; i < 500; i++)
        {
            long due = Second + (i * Second / 100);
            record.Arrived(due);
            record.Answered(200, "0000"u8, new CallTimes(due, due, due + 5_000_000));
        }
        record.Used(2 * Second, new ProcessUse(0.5, 0.2, 90));
        record.Used(3 * Second, new ProcessUse(0.6, 0.3, 91));
        var crypto = new CryptoCost(230, 20);
        return HtmlReport.Render(
            new Report
            {
                Verdict = Verdicts.Breach,
                Reasons = ["pay max"],
                Mode = "open loop",
                Seconds = 5,
                Connections = 4,
                Offered = 500,
                Done = 500,
                DonePerSecond = 100,
                Outcomes = 100,
                Codes = new Dictionary<string, long> { [code] = 500 },
                FromIntended = Latency.Of(record.FromIntended),
                FromSend = Latency.Of(record.FromSend),
                SendLag = Latency.Of(record.SendLag),
                SignaturesVerified = 5,
                TradesQueried = 5,
                GeneratorCpuMicroseconds = 200,
                Crypto = crypto,
                Server = new ServerSide { CpuMicroseconds = 400, RestMicroseconds = 150 },
                Machine = new Machine(2, "Zen", "Linux", "10.0", "OpenSSL 3", 0.1),
                Command = "run --rate 9",
                Slo = [new SloVerdict("pay max", "1 ms", "5 ms", false)],
                Timeline = [.. record.Timeline.Select(crypto.ShareOf)],
            },
            record);
    }
}
