using System.Globalization;

namespace HotPath.Core.Model;

/// <summary>A route that an attempt left aside.</summary>
/// <param name="Route">Its name.</param>
/// <param name="Reason">Why.</param>
/// <param name="Share">Its chance among equals, in per cent; 0 where it had none.</param>
public readonly record struct RejectedRoute(string Route, RouteReason Reason, int Share);

/// <summary>One attempt of a <see cref="RouteTrail"/>, read.</summary>
/// <param name="Route">What was chosen.</param>
/// <param name="Channel">Where it leads.</param>
/// <param name="Table">First digits of the hash of the table.</param>
/// <param name="Share">Its chance among equals, in per cent; 0 where there were none.</param>
/// <param name="Rejected">What was left aside.</param>
/// <param name="More">How many more had no room.</param>
public sealed record RouteAttempt(string Route, string Channel, string Table, int Share, IReadOnlyList<RejectedRoute> Rejected, int More)
{
    /// <summary>The attempts of a trail, oldest first. Its form is <see cref="RouteTrail"/>'s.</summary>
    /// <param name="trail">As a record has it.</param>
    /// <param name="isCut">Earlier ones had no room.</param>
    /// <exception cref="FormatException">It is no trail.</exception>
    public static IReadOnlyList<RouteAttempt> Read(string trail, out bool isCut)
    {
        isCut = trail.StartsWith("+|", StringComparison.Ordinal);
        string text = isCut ? trail[2..] : trail;
        return text.Length == 0 ? [] : [.. text.Split('|').Select(ReadOne)];
    }

    private static RouteAttempt ReadOne(string text)
    {
        string[] parts = text.Split(',');
        (string way, string choice) = Halves(parts[0], '@');
        (string route, string channel) = Halves(way, '/');
        (string table, string share) = Halves(choice, '%');
        var rejected = new List<RejectedRoute>();
        int more = 0;
        foreach (string part in parts.Skip(1))
        {
            if (part.StartsWith('+'))
            {
                more = Number(part[1..]);
                continue;
            }
            (string name, string reason) = Halves(part, ':');
            if (reason.Length == 0)
            {
                throw new FormatException($"{part} has no reason");
            }
            rejected.Add(new RejectedRoute(name, (RouteReason)reason[0], Number(reason[1..])));
        }
        return new RouteAttempt(route, channel.Length == 0 ? Halves(route, '.').Before : channel, table, Number(share), rejected, more);
    }

    private static (string Before, string Behind) Halves(string text, char at)
    {
        int place = text.IndexOf(at, StringComparison.Ordinal);
        return place < 0 ? (text, "") : (text[..place], text[(place + 1)..]);
    }

    private static int Number(string digits) => digits.Length == 0 ? 0 : int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);
}
