using System.Globalization;
using HdrHistogram;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace HotPath.LoadTest.Reporting;

/// <summary>The plots of a report, still without a page around them.</summary>
internal static class Plots
{
    /// <summary>
    /// Stand-ins for colours that the page's style sheet decides, so that one plot is readable on dark and on light: <see cref="SvgPlot"/> puts
    /// the names of the style sheet in their place.
    /// </summary>
    public static readonly OxyColor Text = OxyColor.FromRgb(1, 2, 3);
    public static readonly OxyColor Grid = OxyColor.FromRgb(1, 2, 4);
    public static readonly IReadOnlyList<OxyColor> Series = [OxyColor.FromRgb(1, 2, 5), OxyColor.FromRgb(1, 2, 6), OxyColor.FromRgb(1, 2, 7)];

    // 99.99 stands at 10,000 = 1/(1 - 0.9999).
    private const double LastInverse = 10_000;
    private const int PointsEachDecade = 20;

    // Colour is not the only difference: who sees none tells the lines apart by their strokes.
    private static readonly LineStyle[] Strokes = [LineStyle.Solid, LineStyle.Dash, LineStyle.DashDot];

    /// <summary>Latency by percentile, 0 to 99.99 with the tail drawn apart (x is 1/(1-p), logarithmic).</summary>
    public static PlotModel Percentiles(LongHistogram fromIntended, LongHistogram fromSend)
    {
        PlotModel plot = New();
        plot.Axes.Add(Axis(new LogarithmicAxis
        {
            Position = AxisPosition.Bottom,
            Minimum = 1,
            Maximum = LastInverse,
            MajorStep = 10,
            Title = "percentile",
            LabelFormatter = static inverse => (100 * (1 - (1 / inverse))).ToString("0.##", CultureInfo.InvariantCulture),
        }));
        plot.Axes.Add(Axis(new LinearAxis { Position = AxisPosition.Left, Minimum = 0, Title = "latency, ms" }));
        (string Name, LongHistogram Latencies)[] lines = [("from intended start", fromIntended), ("from send", fromSend)];
        for (int line = 0; line < lines.Length; line++)
        {
            LineSeries series = Line(lines[line].Name, line);
            for (int i = 0; lines[line].Latencies.TotalCount > 0 && i <= 4 * PointsEachDecade; i++)
            {
                double inverse = Math.Pow(10, i / (double)PointsEachDecade);
                series.Points.Add(new DataPoint(inverse, lines[line].Latencies.GetValueAtPercentile(100 * (1 - (1 / inverse))) / 1000.0));
            }
            plot.Series.Add(series);
        }
        return plot;
    }

    /// <summary>Payments a second over time: offered, done, refused.</summary>
    public static PlotModel Throughput(IReadOnlyList<TimelineSecond> timeline) => OverTime(
        timeline,
        "payments/s",
        ("offered", static second => second.Offered),
        ("done", static second => second.Done),
        ("refused", static second => second.Codes.Where(static pair => RespCodes.IsRefusal(pair.Key)).Sum(static pair => pair.Value)));

    /// <summary>Latency from the intended start over time.</summary>
    public static PlotModel Latency(IReadOnlyList<TimelineSecond> timeline) => OverTime(
        timeline, "latency, ms", ("p50", static second => second.P50Ms), ("p99", static second => second.P99Ms), ("max", static second => second.MaxMs));

    /// <summary>Whose the cores are over time: crypto, the rest of the gateway, the generator, one on the other. Null: the gateway's process is not known.</summary>
    public static PlotModel? Cpu(IReadOnlyList<TimelineSecond> timeline)
    {
        TimelineSecond[] known = [.. timeline.Where(static second => second.ServerCpuSeconds is not null && second.GeneratorCpuSeconds is not null)];
        if (known.Length == 0)
        {
            return null;
        }
        PlotModel plot = New();
        plot.Axes.Add(Axis(new LinearAxis { Position = AxisPosition.Bottom, Minimum = 0, MinimumMajorStep = 1, Title = "second of the run" }));
        plot.Axes.Add(Axis(new LinearAxis { Position = AxisPosition.Left, Minimum = 0, Title = "cores" }));
        (string Name, Func<TimelineSecond, double> Cores)[] layers =
        [
            ("crypto", static second => second.ServerCpuSeconds!.Value * (second.CryptoShare ?? 0)),
            ("gateway's rest", static second => second.ServerCpuSeconds!.Value * (1 - (second.CryptoShare ?? 0))),
            ("generator", static second => second.GeneratorCpuSeconds!.Value),
        ];
        double[] below = new double[known.Length];
        for (int layer = 0; layer < layers.Length; layer++)
        {
            var area = new AreaSeries
            {
                Title = layers[layer].Name,
                Color = Series[layer],
                Fill = Series[layer],
                Color2 = OxyColors.Transparent,
                StrokeThickness = 1,
            };
            for (int i = 0; i < known.Length; i++)
            {
                area.Points2.Add(new DataPoint(known[i].Second, below[i]));
                below[i] += layers[layer].Cores(known[i]);
                area.Points.Add(new DataPoint(known[i].Second, below[i]));
            }
            plot.Series.Add(area);
        }
        return plot;
    }

    private static PlotModel OverTime(
        IReadOnlyList<TimelineSecond> timeline, string unit, params ReadOnlySpan<(string Name, Func<TimelineSecond, double> Value)> lines)
    {
        PlotModel plot = New();
        plot.Axes.Add(Axis(new LinearAxis { Position = AxisPosition.Bottom, Minimum = 0, MinimumMajorStep = 1, Title = "second of the run" }));
        plot.Axes.Add(Axis(new LinearAxis { Position = AxisPosition.Left, Minimum = 0, Title = unit }));
        for (int line = 0; line < lines.Length; line++)
        {
            LineSeries series = Line(lines[line].Name, line);
            foreach (TimelineSecond second in timeline)
            {
                series.Points.Add(new DataPoint(second.Second, lines[line].Value(second)));
            }
            plot.Series.Add(series);
        }
        return plot;
    }

    private static PlotModel New()
    {
        var plot = new PlotModel
        {
            DefaultFont = "system-ui, sans-serif",
            Background = OxyColors.Transparent,
            TextColor = Text,
            PlotAreaBorderColor = Grid,
        };
        plot.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.TopCenter,
            LegendOrientation = LegendOrientation.Horizontal,
            LegendItemSpacing = 40,
        });
        return plot;
    }

    private static Axis Axis(Axis axis)
    {
        axis.TicklineColor = Grid;
        axis.MinorTicklineColor = OxyColors.Transparent;
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = Grid;
        return axis;
    }

    private static LineSeries Line(string name, int number) => new()
    {
        Title = name,
        Color = Series[number],
        LineStyle = Strokes[number],
        StrokeThickness = 2,
    };
}
