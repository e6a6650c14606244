using System.Globalization;
using System.Text;
using CsCheck;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using Xunit;

namespace HotPath.Core.Tests.Recon;

/// <summary>An institution's list against the gateway's file: every difference is found, and what is found is an upload that can be true.</summary>
public sealed class ReconDiffTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("hotpath-recon-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void WhateverBothHave_TheDifferencesAreThoseOfTheirRows()
    {
        // Of each row: in neither, in both, only here, only there, both with another amount, both in another currency; with and without our number.
        Gen.Select(Gen.Int[0, 6].Array[0, 60], Gen.Int, Gen.Int[1, 20]).Sample(
            (fates, seed, portion) =>
            {
                var rows = new Rows();
                var lines = new List<string>();
                var expected = new SortedSet<string>(StringComparer.Ordinal);
                for (int n = 0; n < fates.Length; n++)
                {
                    string no = Rows.Number(n).ToString();
                    if (fates[n] is 1 or 2 or >= 4)
                    {
                        rows.Trades.Add(Rows.Trade(n, minorUnits: 100 + n));
                    }
                    string amount = ((100 + n) / 100m).ToString("F2", CultureInfo.InvariantCulture);
                    string other = ((101 + n) / 100m).ToString("F2", CultureInfo.InvariantCulture);
                    switch (fates[n])
                    {
                        case 1:
                            lines.Add($"{no},T{n},{amount},CNY");
                            break;
                        case 2:
                            expected.Add($"03 {no} T{n} - {amount} CNY");
                            break;
                        case 3:
                            lines.Add($"{no},T{n},{amount},CNY");
                            expected.Add($"02 {no} T{n} {amount} - CNY");
                            break;
                        case 4:
                            lines.Add($"{no},T{n},{other},CNY");
                            expected.Add($"04 {no} T{n} {other} {amount} CNY");
                            break;
                        case 5:
                            lines.Add($"{no},T{n},{amount},HKD");
                            expected.Add($"02 {no} T{n} {amount} - HKD");
                            expected.Add($"03 {no} T{n} - {amount} CNY");
                            break;
                        case 6:
                            lines.Add($",T{n},{other},CNY");
                            expected.Add($"04 {no} T{n} {other} {amount} CNY");
                            break;
                    }
                }
                string[] shuffled = [.. lines];
                new Random(seed).Shuffle(shuffled);
                ReconDiffResult result = Compare(rows, "trade_no,out_trade_no,amount,currency\n" + string.Join('\n', shuffled), portion);
                Assert.Equal(expected, result.DiffList.Select(Line).Order(StringComparer.Ordinal));
                Assert.Equal(expected.Count, result.DiffCount);
                Assert.Equal(lines.Count, result.TotalCount);

                // The gateway would take it.
                ReconFileFacts facts = new ReconFolder(Path.Combine(_root, "f")).Find(new ReconFileName(Rows.Us, Rows.Day, ReconType.Trade))!;
                Assert.Equal(default, UploadCheck.CheckAgainst(Read(result), facts));
                Assert.Equal(default, UploadCheck.Check(Read(result)));
            },
            iter: 300, threads: 1);
    }

    [Theory]
    [InlineData("trade_no,amount\n", "has no column currency")]
    [InlineData("amount,currency\n", "has neither the gateway's numbers nor the institution's")]
    [InlineData("trade_no,amount,currency\n1,1.00,CNY\n", "line 2: this is no number that the gateway gives: 1")]
    [InlineData("out_trade_no,amount,currency\nA,1.001,CNY\n", "line 2: 1.001 CNY is no amount")]
    [InlineData("out_trade_no,amount,currency\nA,1,CNY\nA,1,CNY\n", "line 3: A is there twice")]
    [InlineData("out_trade_no,amount,currency\n,1,CNY\n", "line 2: has no number")]
    [InlineData("trade_no,amount,currency\n2026091900000000200700000000,1,CNY\n2026091900000000200700000000,1,CNY\n", "is there twice")]
    public void AListThatCannotBeRead_IsNamedWithItsLine(string list, string fault)
    {
        FormatException failure = Assert.Throws<FormatException>(() => Compare(new Rows(), list, 16));
        Assert.Contains(fault, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AGatewaysFileThatIsCut_OrChanged_IsNotCompared()
    {
        var rows = new Rows();
        rows.Trades.AddRange([Rows.Trade(1), Rows.Trade(2)]);
        string whole = Encoding.UTF8.GetString(Build(rows));
        foreach (string broken in (string[])[whole[..whole.IndexOf("<END>", StringComparison.Ordinal)], whole.Replace("1.00,CNY,2", "1.01,CNY,2", StringComparison.Ordinal), whole + "x\n"])
        {
            Assert.Throws<FormatException>(() => ReconDiff.Compare(Stream("trade_no,amount,currency\n"), Stream(broken), ReconType.Trade, Scratch, 16));
        }
    }

    /// <summary>As spreadsheets write it: CRLF, with a mark in front, in the Chinese encoding, or in UTF-16.</summary>
    [Fact]
    public void AListFromASpreadsheet_IsRead()
    {
        var rows = new Rows();
        rows.Trades.Add(Rows.Trade(1));
        string list = $"trade_no,店铺,amount,currency\r\n{Rows.Number(1)},\"咖啡, \"\"A\"\"\",1.00,CNY\r\n";
        byte[] ours = Build(rows);
        byte[] utf16 = [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(list)];
        foreach (byte[] theirs in (byte[][])[Encoding.UTF8.GetBytes(list), [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(list)], Gb18030(list), utf16])
        {
            ReconDiffResult result = ReconDiff.Compare(new MemoryStream(theirs), new MemoryStream(ours), ReconType.Trade, Scratch, 16);
            Assert.Equal(("01", 1L), (result.ReconResult, result.TotalCount));
        }
    }

    [Fact]
    public void WhateverIsInAList_ItIsCompared_OrNamedWithALine()
    {
        var rows = new Rows();
        rows.Trades.AddRange([Rows.Trade(1), Rows.Trade(2), Rows.Trade(3)]);
        byte[] ours = Build(rows);
        byte[] theirs = Encoding.UTF8.GetBytes($"trade_no,out_trade_no,amount,currency,status\n{Rows.Number(1)},T1,1.00,CNY,SUCCESS\n,T2,1.00,CNY,SUCCESS\n{Rows.Number(3)},,\"1.00\",CNY,FAILED\n");
        byte[][] pieces = [.. ((string[])["\"", ",", "\n", "\r", "\"\"", "<END>", "\0", "99999999999999999999", "é", "-", ".", "CNY", "\n\n", ",,,,,,,"]).Select(Encoding.UTF8.GetBytes)];
        Gen.Select(Gen.Bool, Gen.Int[0, 400], Gen.Int[0, 5], Gen.Int[0, pieces.Length - 1], Gen.Int[0, 400], Gen.Int[0, 255]).Sample(
            (isOurs, at, cut, piece, bentAt, bit) =>
            {
                byte[] whole = isOurs ? ours : theirs;
                at = Math.Min(at, whole.Length - cut);
                byte[] changed = [.. whole[..at], .. pieces[piece], .. whole[(at + cut)..]];
                changed[bentAt % changed.Length] ^= (byte)(1 << (bit % 8));
                try
                {
                    ReconDiff.Compare(new MemoryStream(isOurs ? theirs : changed), new MemoryStream(isOurs ? changed : ours), ReconType.Trade, Scratch, 2);
                }
                catch (FormatException failure)
                {
                    Assert.NotEmpty(failure.Message);
                }
                Assert.False(File.Exists(Scratch));
            },
            iter: 20_000, threads: 1);
    }

    [Fact]
    public void ATradeThatTheGatewayHasNot_KnownByItsNumberOnly_CanBeUploaded()
    {
        ReconDiffResult result = Compare(new Rows(), $"trade_no,amount,currency\n{Rows.Number(1)},1.00,CNY\n", 16);
        Assert.Equal([$"02 {Rows.Number(1)}  1.00 - CNY"], result.DiffList.Select(Line));
        Assert.Equal(default, UploadCheck.Check(Read(result)));
    }

    private static byte[] Gb18030(string text)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding("GB18030").GetBytes(text);
    }

    [Fact]
    public void MoreThanAThousandDifferences_AreCounted_AndTheFirstThousandListed()
    {
        var rows = new Rows();
        rows.Trades.AddRange(Enumerable.Range(0, 1_001).Select(n => Rows.Trade(n)));
        ReconDiffResult result = Compare(rows, "trade_no,amount,currency\n", 16);
        Assert.Equal(("03", 1_001L, 1_000), (result.ReconResult, result.DiffCount, result.DiffList.Count));
        Assert.Equal(default, UploadCheck.Check(Read(result)));
    }

    private string Scratch => Path.Combine(_root, "scratch");

    private ReconDiffResult Compare(Rows rows, string list, int portion)
    {
        using MemoryStream theirs = Stream(list), ours = new(Build(rows));
        ReconDiffResult result = ReconDiff.Compare(theirs, ours, ReconType.Trade, Scratch, portion);
        Assert.False(File.Exists(Scratch));
        return result;
    }

    private byte[] Build(Rows rows)
    {
        string root = Path.Combine(_root, "f");
        if (Directory.Exists(root))
        {
            Directory.Delete(root, recursive: true);
        }
        var folder = new ReconFolder(root);
        var name = new ReconFileName(Rows.Us, Rows.Day, ReconType.Trade);
        using var build = new ReconBuild(name, folder, rows);
        while (build.Step())
        {
        }
        return File.ReadAllBytes(folder.PathOf(name));
    }

    private static UploadedResult Read(ReconDiffResult result)
    {
        string json = System.Text.Json.JsonSerializer.Serialize(
            result.DiffList.Select(one => new Dictionary<string, string?>
            {
                ["trade_no"] = one.TradeNo,
                ["out_trade_no"] = one.OutTradeNo,
                ["diff_type"] = one.DiffType,
                ["inst_amount"] = one.InstAmount,
                ["gw_amount"] = one.GwAmount,
                ["currency"] = one.Currency,
            }.Where(member => member.Value is not null).ToDictionary()));
        Assert.Equal(RespCode.None, DifferenceList.TryParse(Encoding.UTF8.GetBytes(json), out DifferenceList list));
        return new UploadedResult
        {
            File = new ReconFileName(Rows.Us, Rows.Day, ReconType.Trade),
            Result = result.ReconResult == "01" ? DiffType.None : (DiffType)(result.ReconResult[1] - '0'),
            TotalCount = result.TotalCount,
            Sums = AmountSummary.Parse(result.AmountSummary),
            FileHash = result.FileHash,
            DiffCount = result.DiffCount,
            Differences = list.Rows,
        };
    }

    private static string Line(ReconDifference one) => $"{one.DiffType} {one.TradeNo} {one.OutTradeNo} {one.InstAmount ?? "-"} {one.GwAmount ?? "-"} {one.Currency}";

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));
}
