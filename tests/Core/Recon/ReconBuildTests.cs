using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using Xunit;

namespace HotPath.Core.Tests.Recon;

/// <summary>Files as they are built: whatever the order in which results came, sorted, whole, and exact to the minor unit.</summary>
public sealed class ReconBuildTests : IDisposable
{
    private static readonly ReconFileName Trades = new(Rows.Us, Rows.Day, ReconType.Trade);

    private readonly string _root = Directory.CreateTempSubdirectory("hotpath-recon-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void AnyOrder_GivesTheSameSortedFile()
    {
        // Nearly sorted, as results come; shuffled, as they never come; and windows of 1 to 40 rows, so that most of them come too late.
        Gen.Select(Gen.Int[0, 400], Gen.Int, Gen.Int[1, 40], Gen.Int[0, 400]).Sample(
            (count, seed, window, disorder) =>
            {
                var random = new Random(seed);
                ReconRow[] rows = [.. Enumerable.Range(0, count).Select(n => Rows.Trade(n, n % 3 == 0 ? "JPY" : "CNY", 1 + n)).OrderBy(row => (long)(row.Number.Stamp >> TradeNo.CounterBits) + random.Next(disorder + 1))];
                var source = new Rows();
                source.Trades.AddRange(rows);
                using var folder = new Folder(_root);
                Build(folder.Recon, source, window);

                string[][] lines = Read(folder.Recon.PathOf(Trades));
                Assert.Equal(ReconCsv.TradeColumns, lines[0]);
                Assert.Equal(Enumerable.Range(0, count).Select(n => Rows.Number(n).ToString()), lines[1..^1].Select(line => line[0]));
                long yen = Enumerable.Range(0, count).Where(n => n % 3 == 0).Sum(n => 1L + n);
                long fen = Enumerable.Range(0, count).Where(n => n % 3 != 0).Sum(n => 1L + n);
                string sums = string.Join(';', (string[])[.. fen > 0 ? [$"CNY={(fen / 100m).ToString("F2", CultureInfo.InvariantCulture)}"] : Array.Empty<string>(), .. yen > 0 ? [$"JPY={yen}"] : Array.Empty<string>()]);
                Assert.Equal(["<END>", $"{count}", sums], lines[^1]);
            },
            iter: 300, threads: 1);
    }

    [Fact]
    public void AFile_IsTheBytesThatItsFactsSay()
    {
        var source = new Rows();
        source.Trades.AddRange([Rows.Trade(2, "KWD", 1_500), Rows.Trade(1)]);
        using var folder = new Folder(_root);
        ReconFileFacts facts = Build(folder.Recon, source);

        byte[] bytes = File.ReadAllBytes(folder.Recon.PathOf(Trades));
        Assert.Equal(
            "trade_no,out_trade_no,inst_id,channel_id,channel_trade_no,trade_type,qr_type,total_amount,currency,trade_time,trade_status\n" +
            "2026091900000000200700000000,T1,CN000001,told,\"C,1\"\"x\",SCAN,02,1.00,CNY,20260919000000,SUCCESS\n" +
            "2026091900000000300700000000,T2,CN000001,told,\"C,1\"\"x\",SCAN,02,1.500,KWD,20260919000000,SUCCESS\n" +
            "<END>,2,CNY=1.00;KWD=1.500\n",
            Encoding.UTF8.GetString(bytes));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), facts.Sha256);
        Assert.Equal(bytes.Length, facts.Bytes);
        Assert.Equal(2, facts.RecordCount);
        Assert.Equal("""{"CNY":{"count":"1","amount":"1.00"},"KWD":{"count":"1","amount":"1.500"}}""", facts.AmountSummary);
        Assert.Equal(facts, folder.Recon.Find(Trades));
    }

    [Fact]
    public void ADayWithoutTrades_IsAHeaderAndAnEnd()
    {
        using var folder = new Folder(_root);
        ReconFileFacts facts = Build(folder.Recon, new Rows());
        string[] lines = File.ReadAllLines(folder.Recon.PathOf(Trades));
        Assert.Equal([string.Join(',', ReconCsv.TradeColumns), "<END>,0,"], lines);
        Assert.Equal("{}", facts.AmountSummary);
    }

    [Fact]
    public void ARefund_HasItsOwnColumns()
    {
        ReconFileName name = Trades with { Type = ReconType.Refund };
        ReconRow row = Rows.Trade(5);
        row.OrigTradeNo = Rows.Number(1);
        row.RefundNo.Set("F-1"u8);
        var source = new Rows();
        source.Of(name).Add(row);
        using var folder = new Folder(_root);
        Build(folder.Recon, source, name: name);
        Assert.Equal(
            ["refund_id,refund_no,orig_trade_no,out_trade_no,refund_amount,currency,refund_time,refund_status",
                "2026091900000000600700000000,F-1,2026091900000000200700000000,T5,1.00,CNY,20260919000000,SUCCESS", "<END>,1,CNY=1.00"],
            File.ReadAllLines(folder.Recon.PathOf(name)));
    }

    [Fact]
    public void Sums_GoBeyond64Bits()
    {
        var sums = new CurrencySums();
        for (int i = 0; i < 1_000; i++)
        {
            sums.Add(Currency.Parse("KWD"), 9_999_999_999_999_999);
        }
        sums.Add(Currency.Parse("KWD"), 1, Int128.Parse("99999999999999999999", CultureInfo.InvariantCulture));
        Assert.Equal("KWD=109999999999999998.999", sums.ToLine());
        Assert.Equal("""{"KWD":{"count":"1001","amount":"109999999999999998.999"}}""", sums.ToJson());
    }

    [Fact]
    public void AResultRecordedAfterItsDaysFile_IsInTheNextDays_AndTheFirstNeverChanges()
    {
        var source = new Rows();
        source.Trades.Add(Rows.Trade(1));
        using var folder = new Folder(_root);
        Build(folder.Recon, source);
        byte[] before = File.ReadAllBytes(folder.Recon.PathOf(Trades));

        source.Trades.Add(Rows.Trade(2));
        ReconFileName next = Trades with { Day = Rows.Day + 1 };
        source.Of(next).Add(Rows.Trade(90_000_000));
        Build(folder.Recon, source, name: next);
        Assert.Equal([Rows.Number(2).ToString(), Rows.Number(90_000_000).ToString()], Read(folder.Recon.PathOf(next))[1..^1].Select(line => line[0]));

        // Once more, and with still another one: what is finished has its rows.
        source.Trades.Add(Rows.Trade(3));
        source.Of(next).Add(Rows.Trade(90_000_001));
        Assert.Equal(BuildResult.Same, Rebuild(folder.Recon, source, Trades));
        Assert.Equal(BuildResult.Same, Rebuild(folder.Recon, source, next));
        Assert.Equal(before, File.ReadAllBytes(folder.Recon.PathOf(Trades)));
    }

    [Fact]
    public void ARebuildOfOtherRows_SaysSo_AndTheFinishedFileStays()
    {
        var source = new Rows();
        source.Trades.Add(Rows.Trade(1));
        using var folder = new Folder(_root);
        ReconFileFacts facts = Build(folder.Recon, source);
        source.Trades[0] = Rows.Trade(1, minorUnits: 101);
        Assert.Equal(BuildResult.Differs, Rebuild(folder.Recon, source, Trades));
        Assert.Equal(facts.Sha256, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder.Recon.PathOf(Trades)))));
        Assert.Equal(facts, folder.Recon.Find(Trades));
    }

    [Fact]
    public void ABuildCutAnywhere_LeavesNothingFinished_AndTheNextIsWhole()
    {
        var source = new Rows();
        source.Trades.AddRange(Enumerable.Range(0, 3_000).Select(n => Rows.Trade(3_000 - n)));
        using var whole = new Folder(_root);
        ReconFileFacts expected = Build(whole.Recon, source, window: 100);
        for (int cut = 0; ; cut++)
        {
            using var folder = new Folder(_root);
            // As kill -9 leaves it: something half-made, perhaps longer than what comes.
            var build = new ReconBuild(Trades, folder.Recon, source, window: 100);
            bool isCut = true;
            for (int step = 0; step < cut && isCut; step++)
            {
                isCut = build.Step();
            }
            if (!isCut)
            {
                Assert.True(cut > 20, "the cuts were never inside");
                build.Dispose();
                return;
            }
            Assert.Null(folder.Recon.Find(Trades));
            Assert.False(File.Exists(folder.Recon.PathOf(Trades)));
            build.Dispose();
            Directory.CreateDirectory(Path.GetDirectoryName(folder.Recon.PathOf(Trades))!);
            File.WriteAllText(folder.Recon.PartOf(Trades), new string('x', 1_000_000));
            Assert.Equal(expected, Build(folder.Recon, source, window: 100));
        }
    }

    [Fact]
    public void AFileWithoutItsFacts_IsNotFinished_AndIsBuiltAgain()
    {
        var source = new Rows();
        source.Trades.Add(Rows.Trade(1));
        using var folder = new Folder(_root);
        ReconFileFacts facts = Build(folder.Recon, source);
        // Killed between the two renames.
        File.Delete(Path.ChangeExtension(folder.Recon.PathOf(Trades), ".json"));
        Assert.Null(folder.Recon.Find(Trades));
        Assert.Equal(facts, Build(folder.Recon, source));
    }

    [Theory]
    [InlineData("facts", "")]
    [InlineData("facts", "{\"record_count\":")]
    [InlineData("facts", "null")]
    [InlineData("facts", "{}")]
    [InlineData("rows", "trade_no\n")]
    [InlineData("rows", null)]
    public void AFinishedFileThatIsDamagedOrGone_IsBuiltAgain_AndWhatTheNextDaysFileHasOfItStaysThere(string part, string? content)
    {
        var source = new Rows();
        source.Trades.Add(Rows.Trade(1));
        using var folder = new Folder(_root);
        ReconFileFacts facts = Build(folder.Recon, source);
        source.Trades.Add(Rows.Trade(2));
        ReconFileName next = Trades with { Day = Rows.Day + 1 };
        Assert.Equal(1, Build(folder.Recon, source, name: next).RecordCount);

        string path = part == "rows" ? folder.Recon.PathOf(Trades) : Path.ChangeExtension(folder.Recon.PathOf(Trades), ".json");
        File.Delete(path);
        if (content is not null)
        {
            File.WriteAllText(path, content);
        }
        Assert.True(folder.Recon.IsSpoilt(Trades));
        Assert.Null(folder.Recon.Find(Trades));
        Assert.Equal(facts, Build(folder.Recon, source));
        Assert.False(folder.Recon.IsSpoilt(Trades));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(1_700)]
    public void ABuildThatFails_LeavesNothingOnTheDisk(int rowsRead)
    {
        var source = new Rows();
        source.Trades.AddRange(Enumerable.Range(0, 1_000).Select(n => Rows.Trade(1_000 - n)));
        using var folder = new Folder(_root);
        int left = rowsRead;
        var build = new ReconBuild(Trades, folder.Recon, new Watched(source, () => left-- == 0 ? throw new IOException("no space left on device") : 0), window: 10);
        Assert.Throws<IOException>(() =>
        {
            while (build.Step())
            {
            }
        });
        build.Dispose();
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(folder.Recon.PathOf(Trades))!));
    }

    [Fact]
    public void DaysAreKept_For180Days()
    {
        using var folder = new Folder(_root);
        Build(folder.Recon, new Rows());
        Assert.Equal(0, folder.Recon.Prune(Rows.Day + 180));
        Assert.NotNull(folder.Recon.Find(Trades));
        Assert.Equal(1, folder.Recon.Prune(Rows.Day + 181));
        Assert.Null(folder.Recon.Find(Trades));
    }

    private static ReconFileFacts Build(ReconFolder folder, Rows source, int window = 16, ReconFileName? name = null)
    {
        using var build = new ReconBuild(name ?? Trades, folder, source, window);
        while (build.Step())
        {
        }
        ReconFileFacts facts = folder.Find(name ?? Trades)!;
        Assert.Equal(2 * facts.Rows.Length, build.Done);
        Assert.Equal(2 * facts.RecordCount, build.RowsRead);
        Assert.Equal(BuildResult.Built, build.Result);
        return facts;
    }

    private static BuildResult Rebuild(ReconFolder folder, Rows source, ReconFileName name)
    {
        using var build = new ReconBuild(name, folder, source);
        while (build.Step())
        {
        }
        return build.Result;
    }

    // By hand, and not by the library that wrote it: fields in quotes may hold commas and doubled quotes.
    private static string[][] Read(string path) => [.. File.ReadAllText(path).TrimEnd('\n').Split('\n').Select(Fields)];

    private static string[] Fields(string line)
    {
        var fields = new List<string>();
        var field = new StringBuilder();
        bool isQuoted = false;
        foreach (char letter in line)
        {
            if (letter == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (letter == ',' && !isQuoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(letter);
            }
        }
        fields.Add(field.ToString());
        return [.. fields];
    }

    /// <summary>Rows of which somebody is told before each is read.</summary>
    private sealed class Watched(Rows rows, Func<int> reading) : IFinalRows
    {
        public long End(InstId instId, BeijingDay day, ReconType type) => rows.End(instId, day, type);

        public IRowReader Open(InstId instId, BeijingDay day, ReconType type, long from, long to) => new Reader(rows.Open(instId, day, type, from, to), reading);

        private sealed class Reader(IRowReader rows, Func<int> reading) : IRowReader
        {
            public long Position => rows.Position;

            public bool TryRead(ref ReconRow row)
            {
                bool isThere = rows.TryRead(ref row);
                _ = isThere ? reading() : 0;
                return isThere;
            }

            public void Dispose() => rows.Dispose();
        }
    }

    private sealed class Folder : IDisposable
    {
        private readonly string _path;

        internal Folder(string root) => Recon = new ReconFolder(_path = Path.Combine(root, Guid.NewGuid().ToString("N")));

        internal ReconFolder Recon { get; }

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
