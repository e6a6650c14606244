using System.Xml.Linq;
using OxyPlot;

namespace HotPath.LoadTest.Reporting;

/// <summary>A plot as an SVG element for a page.</summary>
internal static class SvgPlot
{
    private const double Width = 860;
    private const double Height = 320;

    /// <param name="plot">What to draw.</param>
    /// <param name="id">Unlike all others on the page.</param>
    /// <param name="title">What it shows, for who does not see it.</param>
    public static XElement Render(PlotModel plot, string id, string title)
    {
        string text = new SvgExporter { Width = Width, Height = Height }.ExportToString(plot)
            .Replace(Written(Plots.Text), "currentColor", StringComparison.Ordinal)
            .Replace(Written(Plots.Grid), "var(--grid)", StringComparison.Ordinal)
            // The exporter counts its clip paths from 1 in every plot; on a page an id is one element's.
            .Replace("id=\"clipPath", $"id=\"{id}-clip", StringComparison.Ordinal)
            .Replace("url(#clipPath", $"url(#{id}-clip", StringComparison.Ordinal);
        for (int series = 0; series < Plots.Series.Count; series++)
        {
            text = text.Replace(Written(Plots.Series[series]), $"var(--series-{series})", StringComparison.Ordinal);
        }
        var svg = XElement.Parse(text);
        // The exporter measures text with a font that is not the reader's, and cuts the legend to that measure.
        foreach (XElement group in svg.Descendants().Where(static group => group.Attribute("clip-path") is not null && group.Elements().Any(static child => child.Name.LocalName == "text")))
        {
            group.SetAttributeValue("clip-path", null);
        }
        svg.SetAttributeValue("width", null);
        svg.SetAttributeValue("height", null);
        svg.SetAttributeValue("viewBox", FormattableString.Invariant($"0 0 {Width} {Height}"));
        svg.SetAttributeValue("id", id);
        svg.SetAttributeValue("role", "img");
        svg.SetAttributeValue("aria-label", title);
        return svg;
    }

    private static string Written(OxyColor colour) => FormattableString.Invariant($"rgb({colour.R},{colour.G},{colour.B})");
}
