using CsCheck;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Tests.Ledger;
using HotPath.Core.Tests.Ledger.Damage;
using Xunit;

namespace HotPath.Core.Tests.DayFiles;

public sealed class NumberFileTests
{
    private static readonly DayFileKey Key = new(Trades.Cn, 20_000, DayFileKind.Accepted);

    [Fact]
    public void WhateverTheOrderOfArrival_CountsAndPagesAreThoseOfASortedList_AtEverySnapshot()
    {
        // Nearly sorted as claims are, with strays as late results are, up to no order at all; many blocks, one, and none.
        Gen<(int, int, int, int)> cases = Gen.Select(Gen.Int[0, 12_000], Gen.OneOf(Gen.Const(0), Gen.Int[1, 50], Gen.Const(1_000_000)), Gen.Int[0, 300], Gen.Int[0, int.MaxValue]);
        cases.Sample(
            one =>
            {
                (int count, int disorder, int strays, int seed) = one;
                var random = new Random(seed);
                TradeNo[] arrivals = Arrivals(random, count, disorder, strays);
                using var open = new OpenFiles(new MemoryDisk(), 4);
                var file = new NumberFile(Key, "/data", open, 0);
                int shown = 0;
                while (shown < count)
                {
                    // Asked while it grows, in memory and written out.
                    int upTo = Math.Min(count, shown + 1 + random.Next(4000));
                    for (; shown < upTo; shown++)
                    {
                        file.Append(arrivals[shown]);
                    }
                    if (random.Next(2) == 0)
                    {
                        file.WriteOut();
                    }
                    Ask(random, file, arrivals, shown);
                }
                Ask(random, file, arrivals, shown);
                // Another process goes on where this one ended.
                file.WriteOut();
                var reopened = new NumberFile(Key, "/data", open, file.Length);
                reopened.Prepare();
                for (int i = 0; i < 1_100; i++)
                {
                    reopened.Append(Number(count + i));
                }
                Ask(random, reopened, [.. arrivals, .. Enumerable.Range(count, 1_100).Select(Number)], count + 1_100);
            },
            iter: 60, threads: 1);
    }

    [Fact]
    public void APageOfAMillion_ReadsAHandfulOfBlocks()
    {
        var disk = new CountingDisk();
        using var open = new OpenFiles(disk, 4);
        var file = new NumberFile(Key, "/data", open, 0);
        TradeNo[] arrivals = Arrivals(new Random(1), 1_000_000, disorder: 50, strays: 100);
        foreach (TradeNo number in arrivals)
        {
            file.Append(number);
        }
        file.WriteOut();
        var all = new NumberRange(default, Number(int.MaxValue));
        var page = new TradeNo[100];
        file.Select(all, arrivals.Length, 0, page);
        disk.BytesRead = 0;
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(100, file.Select(all, arrivals.Length, 99_900 * i, page));
            Assert.Equal(Enumerable.Range(99_900 * i, 100).Select(Number), page);
        }
        // A stray lies between a page and its block's own place for at most 100 blocks; without strays it is five.
        Assert.InRange(disk.BytesRead / 10, 1, 120 * NumberFormat.BlockBytes);
    }

    [Fact]
    public void NoMoreFilesAreOpenThanMayBe_WhateverTheirNumber()
    {
        var disk = new CountingDisk();
        using var open = new OpenFiles(disk, 8);
        var files = new List<NumberFile>();
        for (int day = 0; day < 40; day++)
        {
            var file = new NumberFile(Key with { Day = day }, $"/data/{day}", open, 0);
            file.Append(Number(day));
            file.WriteOut();
            files.Add(file);
        }
        Assert.All(files, file => Assert.Equal(1, file.CountIn(new NumberRange(default, Number(100)), 1)));
        Assert.Equal(8, disk.OpenFiles);
        open.Dispose();
        Assert.Equal(0, disk.OpenFiles);
    }

    private static void Ask(Random random, NumberFile file, TradeNo[] arrivals, int shown)
    {
        Assert.Equal(shown, file.Count);
        for (int i = 0; i < 4; i++)
        {
            int among = random.Next(shown + 1);
            (int a, int b) = (random.Next(arrivals.Length + 2), random.Next(arrivals.Length + 2));
            var range = new NumberRange(Number(Math.Min(a, b)), Number(Math.Max(a, b)));
            TradeNo[] expected = [.. arrivals.Take(among).Where(range.Holds).Order()];
            Assert.Equal(expected.Length, file.CountIn(range, among));
            var page = new TradeNo[1 + random.Next(100)];
            int skip = random.Next(expected.Length + 2);
            int given = file.Select(range, among, skip, page);
            Assert.Equal(expected.Skip(skip).Take(page.Length), page[..given]);
        }
    }

    private static TradeNo[] Arrivals(Random random, int count, int disorder, int strays)
    {
        double[] places = [.. Enumerable.Range(0, count).Select(i => i + (disorder * random.NextDouble()))];
        for (int i = 0; i < strays && count > 0; i++)
        {
            places[random.Next(count)] += random.Next(count);
        }
        TradeNo[] arrivals = [.. Enumerable.Range(0, count).Select(Number)];
        Array.Sort(places, arrivals);
        return arrivals;
    }

    private static TradeNo Number(int i) => new((ulong)i + 1, (ushort)(i % 3));

    /// <summary>A disk in memory that knows what is open and read.</summary>
    private sealed class CountingDisk : IJournalStorage
    {
        private readonly MemoryDisk _disk = new();

        internal long BytesRead { get; set; }

        internal int OpenFiles { get; private set; }

        public void CreateDirectory(string directory) => _disk.CreateDirectory(directory);

        public IReadOnlyList<string> List(string directory) => _disk.List(directory);

        public IJournalFile Create(string path) => new Counting(this, _disk.Create(path));

        public IJournalFile Open(string path, bool isWritable) => new Counting(this, _disk.Open(path, isWritable));

        public void Delete(string path) => _disk.Delete(path);

        public void Rename(string from, string to) => _disk.Rename(from, to);

        public void SyncDirectory(string directory) => _disk.SyncDirectory(directory);

        public IDisposable Lock(string path) => _disk.Lock(path);

        public DiskRoom Room(string directory) => _disk.Room(directory);

        private sealed class Counting : IJournalFile
        {
            private readonly CountingDisk _disk;
            private readonly IJournalFile _file;

            internal Counting(CountingDisk disk, IJournalFile file)
            {
                (_disk, _file) = (disk, file);
                disk.OpenFiles++;
            }

            public long Length => _file.Length;

            public int ReadAt(Span<byte> into, long offset)
            {
                _disk.BytesRead += into.Length;
                return _file.ReadAt(into, offset);
            }

            public void WriteAt(ReadOnlySpan<byte> bytes, long offset) => _file.WriteAt(bytes, offset);

            public void Sync() => _file.Sync();

            public void Dispose()
            {
                _disk.OpenFiles--;
                _file.Dispose();
            }
        }
    }
}
