using System.Globalization;

namespace HotPath.Host.Configuration;

/// <summary>Durations as people write them: a whole number and <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>.</summary>
internal static class DurationText
{
    // A day; nothing here is configured longer.
    private const long MaxMilliseconds = 24 * 3600 * 1000;

    private static readonly (string Unit, long Milliseconds)[] Units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

    internal static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        foreach ((string unit, long milliseconds) in Units)
        {
            if (text is not null && text.EndsWith(unit, StringComparison.Ordinal) &&
                int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number) &&
                number * milliseconds <= MaxMilliseconds)
            {
                duration = TimeSpan.FromMilliseconds(number * milliseconds);
                return true;
            }
        }
        return false;
    }
}
