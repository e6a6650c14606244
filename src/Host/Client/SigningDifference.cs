using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HotPath.Host.Client;

/// <summary>Compares a signing string with the one a message has, and says where and why they differ: the usual mistakes by name.</summary>
internal static partial class SigningDifference
{
    // Enough of both sides to recognise the place.
    private const int Shown = 24;

    /// <summary>Lines for people: the first difference, then every reason that is recognised.</summary>
    internal static IEnumerable<string> Explain(SignedMessage message, string given)
    {
        string ours = Encoding.UTF8.GetString(message.SigningString());
        if (ours == given)
        {
            return ["given: the same"];
        }
        int at = FirstDifference(ours, given);
        var lines = new List<string>
        {
            string.Create(
                CultureInfo.InvariantCulture,
                $"given: differs first at character {at + 1}, in {MemberAt(message, ours, at)}: expected \"{Window(ours, at)}\", given \"{Window(given, at)}\""),
        };
        string[] reasons = [.. Reasons(message, ours, given)];
        lines.AddRange(reasons.Length > 0 ? reasons.Select(reason => "why: " + reason) : ["why: the value is another one"]);
        return lines;
    }

    private static IEnumerable<string> Reasons(SignedMessage message, string ours, string given)
    {
        if (given.Trim() != given && given.Trim() == ours.Trim())
        {
            yield return "blanks or a line break at the ends";
        }
        if (Uri.UnescapeDataString(given) == ours || Uri.UnescapeDataString(given.Replace('+', ' ')) == ours)
        {
            yield return "URL encoding: values are signed as they are, not percent-encoded";
        }
        if (given.Contains('\\', StringComparison.Ordinal) && Unescape(given) == ours)
        {
            yield return "JSON escapes: values are signed decoded, without \\u or \\/";
        }
        if (Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(given)) == ours || given.Contains('\uFFFD', StringComparison.Ordinal))
        {
            yield return "encoding: the bytes must be UTF-8, these were read or written in another encoding";
        }
        foreach (string reason in MemberReasons(message, ours, given))
        {
            yield return reason;
        }
    }

    private static IEnumerable<string> MemberReasons(SignedMessage message, string ours, string given)
    {
        string[] names = [.. message.Members.Keys.Where(name => name != SignedMessage.Sign)];
        string[] missing = [.. names.Where(name => PlaceOf(given, name) < 0)];
        foreach (string name in missing)
        {
            yield return $"missing member: {name}" + (name == "sign_type" ? " (it is signed, only sign is not)" : "");
        }
        if (PlaceOf(given, SignedMessage.Sign) >= 0)
        {
            yield return "sign is in it: the signature is not part of what is signed";
        }
        foreach (Match match in MemberStart().Matches(given))
        {
            string name = match.Groups[1].Value;
            if (name != SignedMessage.Sign && !message.Members.ContainsKey(name) && !ours.Contains(match.Value, StringComparison.Ordinal))
            {
                yield return $"member that the message does not have: {name}";
            }
        }
        string[] present = [.. names.Except(missing)];
        string[] inGivenOrder = [.. present.OrderBy(name => PlaceOf(given, name))];
        int wrong = present.Zip(inGivenOrder).TakeWhile(pair => pair.First == pair.Second).Count();
        if (wrong < present.Length)
        {
            yield return $"order: {present[wrong]} must come before {inGivenOrder[wrong]} (names in byte order)";
        }
    }

    // A value may hold "&name=" too; the first place is the likely one.
    private static int PlaceOf(string text, string name)
    {
        string start = name + "=";
        if (text.StartsWith(start, StringComparison.Ordinal))
        {
            return 0;
        }
        int place = text.IndexOf("&" + start, StringComparison.Ordinal);
        return place < 0 ? -1 : place + 1;
    }

    private static string MemberAt(SignedMessage message, string ours, int at) =>
        message.Members.Keys.Where(name => name != SignedMessage.Sign && PlaceOf(ours, name) is int place && place >= 0 && place <= at)
            .LastOrDefault() ?? "the beginning";

    private static int FirstDifference(string left, string right)
    {
        int length = Math.Min(left.Length, right.Length);
        for (int i = 0; i < length; i++)
        {
            if (left[i] != right[i])
            {
                return i;
            }
        }
        return length;
    }

    private static string Window(string text, int at) => at >= text.Length ? "" : text.Substring(at, Math.Min(Shown, text.Length - at));

    private static string Unescape(string text) => Escape().Replace(text, match => match.Groups[1].Success
        ? ((char)int.Parse(match.Groups[1].ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString()
        : match.Value[1..]);

    [GeneratedRegex(@"\\u([0-9A-Fa-f]{4})|\\[""\\/]")]
    private static partial Regex Escape();

    [GeneratedRegex(@"(?:^|(?<=&))([a-z_]{1,32})=")]
    private static partial Regex MemberStart();
}
