using System.Globalization;
using System.Text;

namespace HotPath.Core.Tests.Wire.Fuzz;

/// <summary>
/// One of the many ways to spell an object in JSON: white space anywhere between tokens, each character as itself or by any escape that
/// stands for it. Chosen by a seed, so that a case can be repeated.
/// </summary>
internal sealed class Spelling(int seed, int escapedPercent)
{
    private static readonly string[] Gaps = ["", "", "", "", "", " ", "\n", "\t ", "\r\n"];

    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();

    /// <summary>An object of these members; a value in <paramref name="raw"/> stands there as it is, quotes or none.</summary>
    internal string Object(IReadOnlyList<(string Name, string Value)> members, IReadOnlyDictionary<int, string> raw)
    {
        _text.Clear();
        Gap().Append('{');
        for (int i = 0; i < members.Count; i++)
        {
            Gap().Append(i == 0 ? "" : ",");
            Gap();
            Quoted(members[i].Name);
            Gap().Append(':');
            Gap();
            if (raw.TryGetValue(i, out string? asIs))
            {
                _text.Append(asIs);
            }
            else
            {
                Quoted(members[i].Value);
            }
        }
        Gap().Append('}');
        return Gap().ToString();
    }

    private StringBuilder Gap() => _text.Append(escapedPercent == 0 ? "" : Gaps[_random.Next(Gaps.Length)]);

    private void Quoted(string value)
    {
        _text.Append('"');
        foreach (Rune rune in value.EnumerateRunes())
        {
            bool mustEscape = rune.Value is < 0x20 or '"' or '\\';
            if (!mustEscape && _random.Next(100) >= escapedPercent)
            {
                _text.Append(rune.ToString());
            }
            else if (Short(rune.Value) is { } letter && _random.Next(2) == 0)
            {
                _text.Append('\\').Append(letter);
            }
            else
            {
                Hexadecimal(rune);
            }
        }
        _text.Append('"');
    }

    private void Hexadecimal(Rune rune)
    {
        foreach (char unit in rune.ToString())
        {
            string digits = ((int)unit).ToString(_random.Next(2) == 0 ? "x4" : "X4", CultureInfo.InvariantCulture);
            _text.Append("\\u").Append(digits);
        }
    }

    private static char? Short(int value) => value switch
    {
        '"' => '"',
        '\\' => '\\',
        '/' => '/',
        '\b' => 'b',
        '\f' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => null,
    };
}
