using System.Globalization;
using System.Text;
using System.Xml.Linq;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;
using OxyPlot;

namespace HotPath.LoadTest.Reporting;

/// <summary>
/// A run as one page that needs nothing else: no script, no font, no picture from elsewhere. Built as a tree, so that whatever came from
/// outside (codes, file names, the machine) is text and can be nothing else.
/// </summary>
internal static class HtmlReport
{
    // Okabe and Ito's blue, vermilion and green, which every kind of colour blindness tells apart; lighter on dark ground.
    private const string Style = """
        :root { color-scheme: light dark; --grid: #c8ccd0; --series-0: #0072b2; --series-1: #d55e00; --series-2: #00805c; }
        @media (prefers-color-scheme: dark) { :root { --grid: #4a4f55; --series-0: #56b4e9; --series-1: #f0894a; --series-2: #2fc79b; } }
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; background: Canvas; color: CanvasText; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
        svg { width: 100%; height: auto; }
        table { border-collapse: collapse; } th, td { text-align: left; padding: .15rem 1rem .15rem 0; border-bottom: 1px solid var(--grid); }
        td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
        code { overflow-wrap: anywhere; }
        """;

    public static void Write(Report report, RunRecord record, string file) => File.WriteAllText(file, Render(report, record));

    public static string Render(Report report, RunRecord record)
    {
        var page = new XElement(
            "html",
            new XAttribute("lang", "en"),
            new XElement(
                "head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width")),
                new XElement("title", $"HotPath load run: {report.Verdict}"),
                new XElement("style", Style)),
            new XElement("body", Body(report, record)));
        return "<!DOCTYPE html>\n" + page.ToString(SaveOptions.DisableFormatting) + "\n";
    }

    private static IEnumerable<XElement> Body(Report report, RunRecord record)
    {
        yield return new XElement("h1", $"Load run: {report.Verdict}");
        yield return new XElement("p", Text($"{report.Mode}, {report.Connections} connections, {report.Seconds:F1} s: {report.Offered} offered, {report.Done} answered, {report.DonePerSecond:F0}/s."));
        foreach (string reason in report.Reasons)
        {
            yield return new XElement("p", new XElement("strong", Printable(reason)));
        }
        foreach (XElement section in Section("Latency by percentile", "percentiles", Plots.Percentiles(record.FromIntended, record.FromSend)))
        {
            yield return section;
        }
        yield return LatencyTable(report);
        foreach (XElement section in Section("Throughput over time", "throughput", Plots.Throughput(report.Timeline)))
        {
            yield return section;
        }
        foreach (XElement section in Section("Latency over time, from the intended start", "latency", Plots.Latency(report.Timeline)))
        {
            yield return section;
        }
        foreach (XElement section in Section("CPU over time", "cpu", Plots.Cpu(report.Timeline)))
        {
            yield return section;
        }
        yield return CpuTable(report);
        yield return new XElement("h2", "Answers by code");
        yield return Table(["code", "#answers"], report.Codes.OrderByDescending(static pair => pair.Value).Select(static pair => new[] { pair.Key, Text($"{pair.Value}") }));
        if (report.Slo.Count > 0)
        {
            yield return new XElement("h2", "Limits");
            yield return Table(
                ["what", "#measured", "#limit", "verdict"],
                report.Slo.Select(static limit => new[] { limit.What, limit.Measured, limit.Limit, limit.IsKept switch { true => "kept", false => "BREACH", null => "not measured" } }));
        }
        yield return new XElement("h2", "Machine and command");
        if (report.Machine is { } machine)
        {
            yield return new XElement("p", Text($"{machine.Cores} cores, {machine.Cpu}; {machine.Os}; .NET {machine.DotNet}; {machine.OpenSsl}; load {machine.LoadAverage:F1} before the run. The generator runs on the same machine."));
        }
        yield return new XElement("p", new XElement("code", Printable(report.Command)));
    }

    private static IEnumerable<XElement> Section(string title, string id, PlotModel? plot)
    {
        yield return new XElement("h2", title);
        yield return plot is null ? new XElement("p", "Not known: run with --pid.") : SvgPlot.Render(plot, id, title);
    }

    private static XElement LatencyTable(Report report) => Table(
        ["ms", "#p50", "#p90", "#p99", "#p99.9", "#max"],
        new (string Name, Latency Latency)[] { ("from intended start", report.FromIntended), ("from send", report.FromSend), ("generator's lag", report.SendLag) }
            .Select(static row => new[] { row.Name, Ms(row.Latency.P50), Ms(row.Latency.P90), Ms(row.Latency.P99), Ms(row.Latency.P999), Ms(row.Latency.Max) }));

    private static XElement CpuTable(Report report) => Table(
        ["CPU a payment", "#µs"],
        [
            ["crypto, one verify and one sign by our own calls", Text($"{report.Crypto.PaymentMicroseconds:F0}")],
            ["gateway's rest", report.Server.RestMicroseconds is { } rest ? Text($"{rest:F0}") : "not known"],
            ["generator", Text($"{report.GeneratorCpuMicroseconds:F0}")],
        ]);

    // A heading that begins with # is one over numbers.
    private static XElement Table(string[] headings, IEnumerable<string[]> rows) => new(
        "table",
        new XElement("thead", new XElement("tr", headings.Select(heading => Cell("th", heading, heading.TrimStart('#'))))),
        new XElement("tbody", rows.Select(row => new XElement("tr", row.Zip(headings, (text, heading) => Cell("td", heading, text))))));

    private static XElement Cell(string element, string heading, string text) =>
        new(element, heading.StartsWith('#') ? new XAttribute("class", "number") : null, Printable(text));

    // An answer's code is whatever four bytes came; the tree refuses what XML cannot hold.
    private static string Printable(string text) =>
        string.Concat(text.EnumerateRunes().Select(static rune => Rune.IsControl(rune) || rune.Value is 0xFFFE or 0xFFFF ? "\uFFFD" : rune.ToString()));

    private static string Ms(double value) => Text($"{value:F2}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
