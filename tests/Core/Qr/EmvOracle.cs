using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HotPath.Core.Model;

namespace HotPath.Core.Tests.Qr;

/// <summary>
/// Protocol, section 5, a second time: runes instead of bytes, lists instead of ranges, regular expressions and decimals instead of loops.
/// Shares nothing with the gateway's reader but ISO 4217's list.
/// </summary>
internal static class EmvOracle
{
    /// <summary>Whether qr_content is one that these members can come with.</summary>
    internal static bool IsLegal(string content, string qrType, string currency, string amount)
    {
        if (!content.StartsWith("000201", StringComparison.Ordinal))
        {
            return !content.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ||
                Regex.IsMatch(content, @"\A.{8}[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:[0-9]{1,5})?([/?#].*)?\z", RegexOptions.Singleline);
        }
        if (Split(content) is not { } objects || objects.Select(one => one.Id).Distinct().Count() != objects.Count)
        {
            return false;
        }
        Dictionary<string, string> root = objects.ToDictionary(one => one.Id, one => one.Value);
        bool isSummed = objects[^1].Id == "63" && string.Equals(objects[^1].Value, EmvCode.Crc(content[..^4]), StringComparison.OrdinalIgnoreCase);
        bool isMethodRight = !root.TryGetValue("01", out string? method) || method == (qrType == "01" ? "12" : "11");
        bool isCurrencyRight = !root.TryGetValue("53", out string? number) || number == Number(currency);
        bool isAmountRight = !root.TryGetValue("54", out string? inside) || IsSame(inside, amount);
        return isSummed && isMethodRight && isCurrencyRight && isAmountRight && Accounts(root).All(account => Guid(account) is not null);
    }

    /// <summary>The objects of a code or a template; null when it is not made of such.</summary>
    internal static List<(string Id, string Value)>? Split(string text)
    {
        var objects = new List<(string, string)>();
        Rune[] runes = [.. text.EnumerateRunes()];
        for (int at = 0; at < runes.Length;)
        {
            string header = Text(runes.Skip(at).Take(4));
            if (!Regex.IsMatch(header, @"\A[0-9]{4}\z") || header.EndsWith("00", StringComparison.Ordinal))
            {
                return null;
            }
            int length = int.Parse(header[2..], CultureInfo.InvariantCulture);
            if (at + 4 + length > runes.Length)
            {
                return null;
            }
            objects.Add((header[..2], Text(runes.Skip(at + 4).Take(length))));
            at += 4 + length;
        }
        return objects;
    }

    /// <summary>The schemes a legal code names, in small letters.</summary>
    internal static IReadOnlySet<string> Schemes(string content)
    {
        if (!content.StartsWith("000201", StringComparison.Ordinal))
        {
            return new HashSet<string>();
        }
        Dictionary<string, string> root = Split(content)!.ToDictionary(one => one.Id, one => one.Value);
        string[] unionPay = root.ContainsKey("15") || root.ContainsKey("16") ? ["a000000333"] : [];
        return Accounts(root).Select(account => Guid(account)!.ToLowerInvariant()).Concat(unionPay).ToHashSet();
    }

    /// <summary>merchant_name and merchant_city of a legal code; empty where an answer has none.</summary>
    internal static (string Name, string City) Merchant(string content)
    {
        if (!content.StartsWith("000201", StringComparison.Ordinal))
        {
            return ("", "");
        }
        Dictionary<string, string> root = Split(content)!.ToDictionary(one => one.Id, one => one.Value);
        return (Shown(root.GetValueOrDefault("59", ""), 25), Shown(root.GetValueOrDefault("60", ""), 15));
    }

    /// <summary>What a single-use code is known by.</summary>
    internal static string Canonical(string content) =>
        content.StartsWith("000201", StringComparison.Ordinal) ? content[..^4] + content[^4..].ToUpperInvariant() : content;

    private static string Shown(string text, int most)
    {
        string trimmed = text.Trim();
        return text.EnumerateRunes().Count() > most || trimmed.StartsWith('@') ? "" : trimmed;
    }

    private static IEnumerable<string> Accounts(Dictionary<string, string> root) =>
        root.Where(one => string.CompareOrdinal(one.Key, "26") >= 0 && string.CompareOrdinal(one.Key, "51") <= 0).Select(one => one.Value);

    private static string? Guid(string template) =>
        Split(template) is { } objects && objects.Select(one => one.Id).Distinct().Count() == objects.Count
            ? objects.Where(one => one.Id == "00").Select(one => one.Value).FirstOrDefault()
            : null;

    private static bool IsSame(string inside, string amount) =>
        inside.Length <= 13 && Regex.IsMatch(inside, @"\A[0-9]+(\.[0-9]*)?\z") &&
        decimal.TryParse(amount, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal asked) &&
        decimal.Parse(inside.TrimEnd('.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) == asked;

    private static string Number(string currency) => currency switch
    {
        "HKD" => "344",
        "CNY" => "156",
        "USD" => "840",
        "KWD" => "414",
        "BHD" => "048",
        "JPY" => "392",
        _ => Currency.Parse(currency).NumericCode.ToString("D3", CultureInfo.InvariantCulture),
    };

    private static string Text(IEnumerable<Rune> runes) => string.Concat(runes.Select(rune => rune.ToString()));
}
