using System.Globalization;
using System.Text;

namespace HotPath.Faults.Processes;

/// <summary>A scene as SVG: payments a second by what became of them, and beneath them each channel's breaker over time.</summary>
internal static class ScenePicture
{
    private const int Width = 1000;
    private const int Left = 60;
    private const int ChartTop = 40;
    private const int ChartHeight = 200;
    private const int StripHeight = 22;

    private static readonly (string Name, string Colour)[] Kinds = [("paid", "#4c9f70"), ("A002 at once", "#e0a030"), ("harmed", "#c0392b")];

    internal static string Draw(SceneReport scene)
    {
        double begin = scene.Payments.Min(payment => payment.AtMs);
        double end = scene.Payments.Max(payment => payment.AtMs) + 1000;
        double X(double ms) => Left + ((ms - begin) / (end - begin) * (Width - Left - 20));
        var seconds = scene.Payments.GroupBy(payment => (int)((payment.AtMs - begin) / 1000)).OrderBy(second => second.Key).ToArray();
        int most = seconds.Max(second => second.Count());
        string[] channels = [.. scene.States.Select(state => state.Channel).Distinct().Order(StringComparer.Ordinal)];
        int height = ChartTop + ChartHeight + 30 + (channels.Length * (StripHeight + 6)) + 40;
        var svg = new StringBuilder();
        void Add(FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Add($"<svg xmlns='http://www.w3.org/2000/svg' width='{Width}' height='{height}' font-family='sans-serif' font-size='11'>");
        Add($"<rect width='100%' height='100%' fill='white'/><text x='{Left}' y='16' font-size='14'>{scene.Trouble}: payments a second, and breakers</text>");
        foreach (var second in seconds)
        {
            double y = ChartTop + ChartHeight;
            foreach ((int kind, int count) in second.CountBy(KindOf).OrderBy(kind => kind.Key).Select(kind => (kind.Key, kind.Value)))
            {
                double bar = count * (double)ChartHeight / most;
                y -= bar;
                Add($"<rect x='{X(begin + (second.Key * 1000.0)):F1}' y='{y:F1}' width='{Math.Max(1, X(1000) - X(0) - 0.5):F1}' height='{bar:F1}' fill='{Kinds[kind].Colour}'/>");
            }
        }
        Add($"<text x='8' y='{ChartTop + 8}'>{most}/s</text><text x='8' y='{ChartTop + ChartHeight}'>0</text>");
        for (int i = 0; i < Kinds.Length; i++)
        {
            Add($"<rect x='{600 + (i * 120)}' y='8' width='10' height='10' fill='{Kinds[i].Colour}'/><text x='{614 + (i * 120)}' y='17'>{Kinds[i].Name}</text>");
        }
        for (int i = 0; i < channels.Length; i++)
        {
            int y = ChartTop + ChartHeight + 30 + (i * (StripHeight + 6));
            Add($"<text x='8' y='{y + 15}'>{channels[i]}</text>");
            var states = scene.States.Where(state => state.Channel == channels[i]).ToArray();
            for (int at = 0; at < states.Length; at++)
            {
                double until = at + 1 < states.Length ? states[at + 1].AtMs : states[at].AtMs;
                Add($"<rect x='{X(states[at].AtMs):F1}' y='{y}' width='{Math.Max(0, X(until) - X(states[at].AtMs)) + 0.3:F1}' height='{StripHeight}' fill='{ColourOf(states[at].State)}'/>");
            }
        }
        for (int i = 0; i < scene.Marks.Count; i++)
        {
            (double atMs, string text) = scene.Marks[i];
            Add($"<line x1='{X(atMs):F1}' x2='{X(atMs):F1}' y1='{ChartTop - 8}' y2='{height - 24}' stroke='#333' stroke-dasharray='3,3'/>");
            bool isRight = X(atMs) > Width - 160;
            Add($"<text x='{X(atMs) + (isRight ? -3 : 3):F1}' y='{height - 6 - (i % 2 * 12)}' text-anchor='{(isRight ? "end" : "start")}'>{text}, {(atMs - begin) / 1000:F1} s</text>");
        }
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private static int KindOf(ScenePayment payment) => payment.IsHarmed ? 2 : payment.Code == "0000" ? 0 : 1;

    private static string ColourOf(string state) => state switch
    {
        "closed" => "#b8d8c0",
        "half_open" => "#e0c060",
        _ => "#c0392b",
    };
}
