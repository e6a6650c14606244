using System.Text;
using System.Text.Json;
using CsCheck;
using HotPath.Core.Tests.Qr;
using HotPath.Core.Wire;

namespace HotPath.Core.Tests.Wire.Fuzz;

/// <summary>Two bodies that one slot serves one after the other, as the pool has it: what is left of the first must not reach the second.</summary>
internal sealed record Case(Body First, Body Second)
{
    public override string ToString() => $"first:  {First}\nsecond: {Second}";
}

/// <summary>A body, and the members it was made of when nothing was damaged on the way: then those and no others must be read.</summary>
internal sealed record Body(byte[] Bytes, IReadOnlyList<(string Name, string Value)>? Meant)
{
    public override string ToString() => $"{Encoding.UTF8.GetString(Bytes)}\n  hex {Convert.ToHexString(Bytes)}";
}

/// <summary>
/// Requests as a fuzzer wants them: valid ones in every spelling, ones with a value at or over an edge, and damaged ones. A third stays
/// valid, so that acceptance is tested as hard as refusal.
/// </summary>
internal static class RequestGen
{
    private static readonly string[] Awkward =
    [
        " ", "a b", "0", "0.00", "00.1", "1e2", "-1", "+1", "1.", ".5", "1.001", "9999999999999.999", "99999999999999", "９９", "88.80 ", "\u0661",
        "20260230103000", "20260919240000", "19691231235959", "2026091910300", "rsa2", "RSA", "none", "utf-8", "Utf-8", "utf\u20108", "UTF-8\u0130",
        "FACEPAY", "NATIVE", "03", "1", "hkd", "XXX", "HK", "HKDD", "JPY", "KWD", "null", "true", "a&b=c&sign=x", "&", "=", "\"", "\\", "/", "{\"a\":\"b\"}",
        "[\"1\"]", "\0", "a\0", "a\nb", "\u001f", "\u007f", "\u0080", "\u0085", "\u009f", "\u00a0", "é", "e\u0301", "咖啡 A&B", "😀", "\U0010FFFF", "\u2028", "\uFEFF",
        "\uFFFD", "\uFFFF", "TRADE_QUERY", "TRADE_BATCH_QUERY", "[]", "[\"T1\"]", "[\"T1\",\"T2\"]", "[\"T1\" ]", "[\"T1\",]", "[\"T1", "[,]", "[[\"T1\"]]", "[\"\"]", "[\"T\\u0031\"]", "101", "2147483648", "SCAN_PAY", "FACE_PAY", "REFUND", "TRADE_CANCEL", "REFUND_QUERY", "RECON_DOWNLOAD", "RECON_UPLOAD", "20260230", "20260919", "00", "007", "{}", "scan_pay", "1.0", "1.4", "1.10", "../..", "%00", "'--", "<script>",
    ];

    private static readonly string[] NotStrings =
    [
        "", "1.3", "-0", "1e400", "01", "true", "false", "null", "NaN", "{}", "[]", "{\"a\":\"b\"}", "[\"x\"]", "[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":{",
        "\"\"", "'x'", "\"x", "x\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud83d\\u0041\"", "\"\\ude00\\ud83d\"",
        "\"\\ud83dx\"", "\"\\ud83d\\n\"", "\"a\tb\"", "\"a\nb\"", "\"x\"/**/", "\"x\"//", "\"x\",", "\"x\" \"y\"", "\"x\":\"y\"", "\"x\"}", "\"x\"]",
    ];

    // Ill-formed in each way that Unicode's table 3-7 has, and what is only strange.
    private static readonly byte[][] Fragments =
    [
        [0xFF], [0xFE], [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xB0, 0x80],
        [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0xEF, 0xBB, 0xBF], [0x00], [0x0A], [0x1F], [0x7F], [0xC2, 0x85], [0xC2], .. Ascii("\"", "\\", "\\u", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "/*", "*/", "//",
        "\"\"", "null", "\"sign\":\"x\",", "\"req_id\":\"R2\",", "\\u0072eq_id", ",\"x\":\"y\"", "{}", " ", "\t"),
    ];

    private static readonly string[] Names = [.. MemberTable.Rules.Select(rule => rule.Name)];

    private static readonly string[] OtherNames =
        ["", "has_more", "resp_code", "channel_id", "Req_id", "req_id ", "req\u005fid\0", "sign ", "biz_typе", "bodу", "x", "X", "a&b", "咖啡", "extra_1", new string('n', 300)];

    private static readonly Gen<string> Token = Gen.String[Gen.Char["ABCXYZabcxyz0189_-"], 1, 64];
    private static readonly Gen<string> Alphanumeric = Gen.String[Gen.Char["ABCXYZabcxyz0189"], 1, 32];
    private static readonly Gen<string> Amount = Gen.Select(
        Gen.Long[1, 9_999_999_999_999], Gen.Int[0, 3], Gen.Int[0, 999], (whole, digits, fraction) => digits == 0 ? $"{whole}" : $"{whole}.{fraction:D3}"[..^(3 - digits)]);

    private static readonly Gen<Dictionary<string, string>> ValidPayment =
        from common in Common("SCAN_PAY")
        from order in Token
        from amount in Amount
        from currency in Gen.OneOf("HKD", "CNY", "USD", "KWD", "BHD", "KWD")
        from trade in Gen.OneOf("SCAN", "NATIVE")
        from types in Gen.Select(Gen.OneOf("01", "01", "02"), Gen.OneOf("01", "02"))
        from body in Text(256)
        from terminal in Text(32)
        let total = ProtocolOracle.Digits(currency) == 3 || !amount.Contains('.', StringComparison.Ordinal) ? amount : amount[..amount.IndexOf('.', StringComparison.Ordinal)] + ".5"
        from qr in Gen.Frequency((2, Text(512)), (3, QrGen.Legal(types.Item1, currency, total)), (1, Gen.Const("https://qr.example.hk/p?m=1&o=2")))
        select new Dictionary<string, string>(common)
        {
            ["out_trade_no"] = order,
            ["total_amount"] = total,
            ["currency"] = currency,
            ["trade_type"] = types.Item1 == "01" ? trade : "SCAN",
            ["qr_type"] = types.Item1,
            ["qr_content"] = qr,
            ["body"] = body,
            ["terminal_type"] = types.Item2,
            ["terminal_id"] = terminal,
        };

    private static readonly Gen<Dictionary<string, string>> ValidFace =
        from common in Common("FACE_PAY")
        from order in Token
        from amount in Gen.Int[1, 999_999]
        from currency in Gen.OneOf("HKD", "CNY", "JPY", "KWD")
        from face in Text(2000)
        from ids in Gen.Select(Text(64), Text(32), Text(32))
        select new Dictionary<string, string>(common)
        {
            ["out_trade_no"] = order,
            ["total_amount"] = $"{amount}",
            ["currency"] = currency,
            ["trade_type"] = "FACEPAY",
            ["face_data"] = face,
            ["face_device_id"] = ids.Item1,
            ["merchant_id"] = ids.Item2,
            ["terminal_id"] = ids.Item3,
        };

    private static readonly Gen<Dictionary<string, string>> ValidQuery =
        from common in Common("TRADE_QUERY")
        from order in Token
        from tradeNo in Gen.String[Gen.Char["0123456789"], 28, 28]
        from which in Gen.Int[0, 3]
        select new Dictionary<string, string>(
            [.. common, .. which != 0 ? Pair("out_trade_no", order) : [], .. which != 1 ? Pair("trade_no", tradeNo) : []]);

    // Most are ones that the gateway can have given.
    private static readonly Gen<string> TradeNumber = Gen.Frequency(
        (1, Gen.String[Gen.Char["0123456789"], 28, 28]),
        (4, Gen.Select(Gen.Long[1, (1L << 41) + 1_000_000], Gen.Int[0, 999], Gen.Int[0, (1 << 23) + 1000], (ms, node, counter) =>
            $"{DateTime.UnixEpoch.AddHours(8).AddMilliseconds(ms):yyyyMMddHHmmssfff}{node:D3}{counter:D8}")));

    private static readonly Gen<Dictionary<string, string>> ValidRefund =
        from common in Common("REFUND")
        from numbers in Gen.Select(TradeNumber, Token, Token)
        from amount in Amount
        from type in Gen.OneOf("01", "02")
        select new Dictionary<string, string>(common)
        {
            ["orig_trade_no"] = numbers.Item1,
            ["out_trade_no"] = numbers.Item2,
            ["refund_no"] = numbers.Item3,
            ["refund_amount"] = amount,
            ["refund_type"] = type,
        };

    private static readonly Gen<Dictionary<string, string>> ValidCancel =
        from common in Common("TRADE_CANCEL")
        from order in Token
        from tradeNo in TradeNumber
        from which in Gen.Int[0, 3]
        select new Dictionary<string, string>(
            [.. common, .. which != 0 ? Pair("out_trade_no", order) : [], .. which != 1 ? Pair("orig_trade_no", tradeNo) : []]);

    private static readonly Gen<Dictionary<string, string>> ValidRefundQuery =
        from common in Common("REFUND_QUERY")
        from number in Token
        from refundId in Gen.String[Gen.Char["0123456789"], 28, 28]
        from which in Gen.Int[0, 3]
        select new Dictionary<string, string>(
            [.. common, .. which != 0 ? Pair("refund_no", number) : [], .. which != 1 ? Pair("refund_id", refundId) : []]);

    private static readonly Gen<Dictionary<string, string>> ValidBatch =
        from common in Common("TRADE_BATCH_QUERY")
        from which in Gen.Int[0, 2]
        from numbers in TradeNumber.Array[1, 100]
        from orders in Token.Array[1, 30]
        from window in Gen.Select(Gen.Int[0, 86_400], Gen.OneOf("", "SUCCESS", "FAILED", "PENDING", "CANCELLED"), Gen.String[Gen.Char["0123456789"], 29, 29])
        from page in Gen.Select(Gen.Int[1, 3], Gen.Int[1, 100])
        let start = new DateTime(2026, 9, 19, 23, 0, 0)
        select new Dictionary<string, string>([
            .. common, .. Pair("page_no", $"{page.Item1}"), .. Pair("page_size", $"{page.Item2}"),
            .. which == 0 ? Pair("trade_no_list", JsonSerializer.Serialize(numbers.Concat(numbers.Take(2)).Take(100))) : [],
            .. which == 1 ? Pair("out_trade_no_list", JsonSerializer.Serialize(orders)) : [],
            .. which == 2 ? Pair("start_time", $"{start:yyyyMMddHHmmss}") : [],
            .. which == 2 ? Pair("end_time", $"{start.AddSeconds(window.Item1):yyyyMMddHHmmss}") : [],
            .. which == 2 && window.Item2.Length > 0 ? Pair("trade_status", window.Item2) : [],
            .. which == 2 && page.Item1 > 1 ? Pair("snapshot_no", window.Item3) : []]);

    private static readonly Gen<Dictionary<string, string>> ValidRecon =
        from upload in Gen.Bool
        from common in Common(upload ? "RECON_UPLOAD" : "RECON_DOWNLOAD")
        from day in Gen.Date[new DateTime(1970, 1, 1), new DateTime(2030, 12, 31)]
        from type in Gen.OneOf("01", "02")
        from result in Gen.OneOf("01", "02", "03", "04")
        from counts in Gen.Select(Gen.Int[0, 999_999_999], Gen.Int[0, 1000])
        from hash in Gen.String[Gen.Char["0123456789abcdef"], 64, 64]
        from list in Gen.OneOf("", "[]", "[{\"trade_no\":\"1\"}]", "咖啡", "\\\"")
        select new Dictionary<string, string>([
            .. common, .. Pair("settle_date", day.ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture)), .. Pair("recon_type", type),
            .. upload ? [.. Pair("recon_result", result), .. Pair("total_count", $"{counts.Item1}"), .. Pair("amount_summary", "{\"CNY\":{}}"),
                .. Pair("file_hash", hash), .. Pair("diff_count", $"{counts.Item2}"), .. list.Length > 0 ? Pair("diff_list", list) : []] : Array.Empty<KeyValuePair<string, string>>()]);

    private static readonly Gen<List<(string Name, string Value)>> Valid = Gen.Select(
        Gen.Frequency((8, ValidPayment), (3, ValidFace), (2, ValidQuery), (3, ValidRefund), (2, ValidCancel), (1, ValidRefundQuery), (2, ValidRecon), (2, ValidBatch)), Gen.Int, (members, seed) =>
        {
            (string, string)[] shuffled = [.. members.Select(member => (member.Key, member.Value))];
            new Random(seed).Shuffle(shuffled);
            return shuffled.ToList();
        });

    private static readonly Gen<Action<List<(string Name, string Value)>>> Change = Gen.Frequency(
        (6, Gen.Select(Gen.Int[0, 99], AnyValue(), (at, value) => Edit(members => members[at % members.Count] = (members[at % members.Count].Name, value)))),
        (2, Gen.Select(Gen.Int[0, 99], at => Edit(members => members.RemoveAt(at % members.Count)))),
        (2, Gen.Select(Gen.Int[0, 99], Gen.Int[0, 99], (at, to) => Edit(members => members.Insert(to % members.Count, members[at % members.Count])))),
        (1, Gen.Select(Gen.Int[0, 99], AnyValue(), (at, value) => Edit(members => members.Add((members[at % members.Count].Name, value))))),
        (2, Gen.Select(Gen.Int[0, 99], Gen.OneOf([.. Names, .. OtherNames]), (at, name) => Edit(members => members[at % members.Count] = (name, members[at % members.Count].Value)))),
        (2, Gen.Select(Gen.OneOf([.. Names, .. OtherNames]), AnyValue(), (name, value) => Edit(members => members.Add((name, value))))),
        (2, Gen.Select(Gen.Int[0, 599], Gen.Char["0159aF .咖"], (at, letter) => Edit(members => Bend(members, "qr_content", at, letter)))),
        (1, Gen.Select(Gen.Int[15, 18], count => Edit(members => members.AddRange(Enumerable.Range(0, count).Select(i => ($"u{i}", "1")))))));

    private static readonly Gen<Func<byte[], byte[]>> Damage = Gen.Frequency(
        (3, Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte, (at, value) => Damaged(bytes => [.. bytes[..(at % bytes.Length)], value, .. bytes[((at % bytes.Length) + 1)..]]))),
        (4, Gen.Select(Gen.Int[0, 1 << 20], Gen.OneOf(Fragments), (at, piece) => Damaged(bytes => [.. bytes[..(at % bytes.Length)], .. piece, .. bytes[(at % bytes.Length)..]]))),
        (2, Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 40], (at, length) => Damaged(bytes => [.. bytes[..(at % bytes.Length)], .. bytes[Math.Min(bytes.Length, (at % bytes.Length) + length)..]]))),
        (1, Gen.Select(Gen.Int[0, 1 << 20], Gen.Int[1, 400], (at, length) => Damaged(bytes => [.. bytes, .. bytes.AsSpan(at % bytes.Length)[..Math.Min(length, bytes.Length - (at % bytes.Length))]]))),
        (1, Gen.OneOf(Fragments).Select(piece => Damaged(bytes => [.. piece, .. bytes]))),
        (1, Gen.OneOf(Fragments).Select(piece => Damaged(bytes => [.. bytes, .. piece]))),
        (1, Gen.Int[0, 1 << 20].Select(length => Damaged(bytes => bytes[..(length % bytes.Length)]))));

    private static readonly Gen<Body> One =
        from members in Valid
        from changes in Change.Array[0, 2]
        from isChanged in Gen.Int[0, 1]
        from raws in Gen.Frequency((7, Gen.Const(Array.Empty<(int, string)>())), (1, Gen.Select(Gen.Int[0, 99], Gen.OneOf(NotStrings)).Array[1]))
        from escaped in Gen.OneOf(0, 0, 5, 50, 100)
        from seed in Gen.Int
        from damages in Gen.Frequency((3, Gen.Const(Array.Empty<Func<byte[], byte[]>>())), (1, Damage.Array[1, 3]))
        select Make(members, isChanged == 0 ? changes : [], raws, new Spelling(seed, escaped), damages);

    internal static readonly Gen<Case> Cases = Gen.Select(One, One, (first, second) => new Case(first, second));

    private static Body Make(
        List<(string Name, string Value)> members, Action<List<(string Name, string Value)>>[] changes, (int At, string Text)[] raws, Spelling spelling, Func<byte[], byte[]>[] damages)
    {
        foreach (Action<List<(string, string)>> change in changes)
        {
            if (members.Count > 0)
            {
                change(members);
            }
        }
        Dictionary<int, string> raw = members.Count == 0 ? [] : raws.ToDictionary(one => one.At % members.Count, one => one.Text);
        byte[] bytes = Encoding.UTF8.GetBytes(spelling.Object(members, raw));
        foreach (Func<byte[], byte[]> damage in damages)
        {
            bytes = bytes.Length == 0 ? bytes : damage(bytes);
        }
        bool isWhole = raw.Count == 0 && damages.Length == 0;
        return new Body(bytes.Length <= BodyLimits.Ordinary ? bytes : bytes[..BodyLimits.Ordinary], isWhole ? members : null);
    }

    private static Gen<Dictionary<string, string>> Common(string bizType) =>
        from version in Gen.OneOf("1.3", "1.3", "1.2", "1.1", "1.0")
        from charset in Gen.OneOf("UTF-8", "UTF-8", "utf-8", "Utf-8")
        from signType in Gen.OneOf("RSA2", "ES256")
        from ids in Gen.Select(Token, Alphanumeric)
        from more in Gen.Select(Gen.Int[0, 3], Gen.String[Gen.Char["abcXYZ019_-"], 8, 64])
        from sign in Gen.String[Gen.Char["AZaz09+/="], 1, 344]
        select new Dictionary<string, string>([
            .. Pair("version", version), .. Pair("charset", charset), .. Pair("sign_type", signType), .. Pair("sign", sign), .. Pair("biz_type", bizType),
            .. Pair("req_time", "20260919103000"), .. Pair("req_id", ids.Item1), .. Pair("inst_id", ids.Item2),
            .. (more.Item1 & 1) != 0 ? Pair("nonce", more.Item2) : [], .. (more.Item1 & 2) != 0 ? Pair("key_id", ids.Item1) : []]);

    // Letters of one to four bytes, what JSON escapes, what the signing string is made of.
    private static Gen<string> Text(int most) =>
        from runes in Gen.OneOf("a", "Z", "0", " ", "&", "=", "\"", "\\", "/", "é", "ß", "咖", "啡", "茶", "😀", "𠮷", "\u2028", "\uFFFD", "%", "+", "<", "'").Array[1, 40]
        from times in Gen.Frequency((9, Gen.Const(1)), (1, Gen.Int[1, 12]))
        let text = string.Concat(Enumerable.Repeat(string.Concat(runes), times))
        select new StringBuilder().AppendJoin("", text.EnumerateRunes().Take(most)).ToString();

    private static Gen<string> AnyValue() => Gen.Frequency(
        (6, Gen.OneOf(Awkward)),
        (1, Gen.String[0, 20].Where(text => !text.Any(char.IsSurrogate))),
        (2, Gen.Select(Gen.OneOf("A", "0", "咖", "😀", "\n"), Gen.OneOf(1, 7, 8, 28, 31, 32, 33, 63, 64, 65, 255, 256, 257, 511, 512, 513, 1024, 3000), (letter, count) => string.Concat(Enumerable.Repeat(letter, count)))));

    private static void Bend(List<(string Name, string Value)> members, string name, int at, char letter)
    {
        int index = members.FindIndex(member => member.Name == name);
        if (index >= 0 && members[index].Value.Length > 0)
        {
            Rune[] runes = [.. members[index].Value.EnumerateRunes()];
            runes[at % runes.Length] = new Rune(letter);
            members[index] = (name, string.Concat(runes.Select(rune => rune.ToString())));
        }
    }

    private static Action<List<(string Name, string Value)>> Edit(Action<List<(string Name, string Value)>> edit) => edit;

    private static Func<byte[], byte[]> Damaged(Func<byte[], byte[]> damage) => damage;

    private static KeyValuePair<string, string>[] Pair(string name, string value) => [new(name, value)];

    private static byte[][] Ascii(params string[] texts) => [.. texts.Select(Encoding.ASCII.GetBytes)];
}
