using System.Globalization;
using System.Text;
using CsCheck;

namespace HotPath.Core.Tests.Qr;

/// <summary>A code and the members it came with.</summary>
internal sealed record QrCase(string Content, string QrType, string Currency, string Amount);

/// <summary>Codes for a fuzzer: legal ones of every kind, and legal ones changed in one or two places, with and without a checksum that fits again.</summary>
internal static class QrGen
{
    private static readonly Dictionary<string, string> Numbers = new()
    {
        ["HKD"] = "344",
        ["CNY"] = "156",
        ["USD"] = "840",
        ["KWD"] = "414",
        ["BHD"] = "048",
    };

    private static readonly string[] Guids = ["hk.com.hkicl", "HK.COM.HKICL", "SG.PAYNOW", "A000000677010111", "A000000333", "D15600000000", "com.p2pqrpay", "咖啡"];

    private static readonly string[] Others = ["https://qr.example.hk/p?m=1", "HTTPS://QR.EXAMPLE.HK:443", "https://a.hk", "weixin://wxpay/x"];

    // What breaks a code: digits of headers, ends, letters of other lengths, another object.
    private static readonly string[] Pieces = ["0", "9", "1", "00", "01", "63", "6304", "26", "a", "F", " ", "é", "咖", "😀", ".", "5405", "0002", "5902xy", "０", "@", ":", "/"];

    /// <summary>A code that agrees with these members.</summary>
    internal static Gen<string> Legal(string qrType, string currency, string amount) =>
        from objects in Objects(qrType, currency, amount)
        from isSmall in Gen.Bool
        let code = EmvCode.Of([.. objects])
        select isSmall ? code[..^4] + code[^4..].ToLowerInvariant() : code;

    /// <summary>Any of them; a third still legal.</summary>
    internal static readonly Gen<QrCase> Cases =
        from qrType in Gen.OneOf("01", "02")
        from currency in Gen.OneOf([.. Numbers.Keys])
        from whole in Gen.Long[1, 99_999]
        from cents in Gen.Int[0, 99]
        let amount = string.Create(CultureInfo.InvariantCulture, $"{whole}.{cents:D2}")
        from code in Gen.Frequency((5, Legal(qrType, currency, amount)), (1, Gen.OneOf(Others)))
        from changed in Gen.Frequency((1, Gen.Const(code)), (2, Changed(code)), (1, Changed(code).SelectMany(Changed)))
        from isSummed in Gen.Bool
        from other in Gen.Int[0, 19]
        select new QrCase(
            isSummed && code.StartsWith("000201", StringComparison.Ordinal) ? EmvCode.Summed(string.Concat(changed.EnumerateRunes().SkipLast(8).Select(rune => rune.ToString()))) : changed,
            other == 0 ? (qrType == "01" ? "02" : "01") : qrType, other == 1 ? "EUR" : currency, other == 2 ? "0.01" : amount);

    private static Gen<List<(string Id, string Value)>> Objects(string qrType, string currency, string amount) =>
        from says in Gen.Int[0, 31]
        from spelling in Gen.Int[0, 3]
        from accounts in Gen.Select(Gen.Int[26, 51], Gen.OneOf(Guids), Text(20)).Array[0, 3]
        from more in Gen.Select(Gen.OneOf("02", "15", "16", "52", "58", "61", "62", "64", "80", "99"), Text(99)).Array[0, 4]
        from name in Text(40)
        from seed in Gen.Int
        select Shuffled(
            [
                .. (says & 1) != 0 ? One("01", qrType == "01" ? "12" : "11") : [],
                .. (says & 2) != 0 ? One("53", Numbers[currency]) : [],
                .. (says & 4) != 0 ? One("54", Spelled(amount, spelling)) : [],
                .. (says & 8) != 0 ? One("59", name) : [],
                .. (says & 16) != 0 ? One("60", name) : [],
                .. accounts.Select(account => (account.Item1.ToString("D2", CultureInfo.InvariantCulture), EmvCode.Objects(("00", account.Item2), ("05", account.Item3)))),
                .. more,
            ], seed);

    private static Gen<string> Changed(string code) => Gen.Select(Gen.Int[0, 4], Gen.Int[6, 1 << 20], Gen.OneOf(Pieces), (kind, where, piece) =>
    {
        string[] letters = [.. code.EnumerateRunes().Select(rune => rune.ToString())];
        int at = Math.Min(6 + (where % Math.Max(1, letters.Length - 6)), letters.Length - 1);
        return kind switch
        {
            0 => string.Concat([.. letters[..at], piece, .. letters[(at + 1)..]]),
            1 => string.Concat([.. letters[..at], piece, .. letters[at..]]),
            2 => string.Concat([.. letters[..at], .. letters[(at + 1)..]]),
            3 => string.Concat(letters[..at]),
            _ => string.Concat([.. letters, .. letters[at..Math.Min(letters.Length, at + 12)]]),
        };
    });

    private static string Spelled(string amount, int spelling) => spelling switch
    {
        0 => amount,
        1 => amount.Length < 12 ? amount + "00" : amount,
        2 => amount.TrimEnd('0'),
        _ => amount.EndsWith(".00", StringComparison.Ordinal) ? amount[..^3] : amount,
    };

    private static Gen<string> Text(int most) =>
        from runes in Gen.OneOf("a", "Z", "0", "9", " ", "*", "@", "é", "咖", "啡", "😀", "\u3000").Array[1, 30]
        select string.Concat(runes.Take(most));

    private static (string Id, string Value)[] One(string id, string value) => [(id, value)];

    // No id twice, in any order.
    private static List<(string Id, string Value)> Shuffled((string Id, string Value)[] objects, int seed)
    {
        (string Id, string Value)[] distinct = [.. objects.DistinctBy(one => one.Id)];
        new Random(seed).Shuffle(distinct);
        return [.. distinct];
    }
}
