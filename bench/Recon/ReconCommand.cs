using System.Diagnostics;
using System.Globalization;
using HotPath.Core.Model;
using HotPath.Core.Recon;

namespace HotPath.Bench.Recon;

/// <summary>
/// <c>recon ROWS</c>: builds a reconciliation file of so many payments on one thread, and says rows a second and the memory it took beyond what there was
/// before. Exit 1 when it misses what the gateway promises (300,000 rows/s, 100 MiB). The rows come as results do: most within a second, one in 200 up to an
/// hour late.
/// </summary>
internal static class ReconCommand
{
    internal const string Name = "recon";

    private const double LeastRowsPerSecond = 300_000;
    private const long MostExtraBytes = 100L << 20;

    internal static int Run(string[] args, TextWriter output)
    {
        if (args is not [_, var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            output.WriteLine("recon ROWS");
            return 2;
        }
        string root = Directory.CreateTempSubdirectory("hotpath-recon-").FullName;
        try
        {
            var name = new ReconFileName(InstId.From("CN000001"), BeijingDay.Of(1_789_790_000_000), ReconType.Trade);
            var rows = new ArrivingRows(count, name.Day);
            // The code as it is when it builds the second file of a night.
            Build(new ReconFolder(Path.Combine(root, "warm")), new ArrivingRows(20_000, name.Day), name, out _);
            GC.Collect();
            long before = Environment.WorkingSet;
            var watch = Stopwatch.StartNew();
            ReconFileFacts facts = Build(new ReconFolder(Path.Combine(root, "files")), rows, name, out long peak);
            double rowsPerSecond = count / watch.Elapsed.TotalSeconds;
            output.WriteLine($"{facts.RecordCount} rows, {facts.Bytes >> 20} MiB, {watch.Elapsed.TotalSeconds:F2} s: {rowsPerSecond:F0} rows/s; {Math.Max(0, peak - before) >> 20} MiB of memory more than before");
            bool isRight = facts.RecordCount == count && rowsPerSecond >= LeastRowsPerSecond && peak - before <= MostExtraBytes;
            output.WriteLine(isRight ? "recon passed" : "recon failed");
            return isRight ? 0 : 1;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static ReconFileFacts Build(ReconFolder folder, IFinalRows rows, ReconFileName name, out long peak)
    {
        using var build = new ReconBuild(name, folder, rows);
        peak = 0;
        for (long step = 0; build.Step(); step++)
        {
            peak = step % 256 == 0 ? Math.Max(peak, Environment.WorkingSet) : peak;
        }
        return folder.Find(name)!;
    }

    /// <summary>Payments in the order in which they became final.</summary>
    private sealed class ArrivingRows : IFinalRows
    {
        private readonly int[] _arrivals;
        private readonly BeijingDay _day;

        internal ArrivingRows(int count, BeijingDay day)
        {
            _day = day;
            var random = new Random(1);
            // At 1,000 a second: a second is 1,000 places, an hour 3.6 million.
            long[] places = [.. Enumerable.Range(0, count).Select(n => n + (random.Next(200) == 0 ? random.NextInt64(3_600_000) : random.NextInt64(1_000)))];
            _arrivals = [.. Enumerable.Range(0, count)];
            Array.Sort(places, _arrivals);
        }

        public long End(InstId instId, BeijingDay day, ReconType type) => day == _day ? _arrivals.Length : 0;

        public IRowReader Open(InstId instId, BeijingDay day, ReconType type, long from, long to) => new Reader(_arrivals, _day, from, to);

        private sealed class Reader(int[] arrivals, BeijingDay day, long from, long to) : IRowReader
        {
            private long _next = from;

            public long Position => _next;

            public bool TryRead(ref ReconRow row)
            {
                if (_next == to)
                {
                    return false;
                }
                long number = arrivals[_next++];
                row.Number = new TradeNo((ulong)(day.StartMs + number) << TradeNo.CounterBits, 0);
                Span<byte> order = stackalloc byte[32];
                "T20260919103000"u8.CopyTo(order);
                System.Buffers.Text.Utf8Formatter.TryFormat(number, order[15..], out int digits);
                row.OrderNo.Set(order[..(15 + digits)]);
                row.ChannelId.Set("hk-fps"u8);
                row.ChannelTradeNo.Set(order[..(15 + digits)]);
                row.TradeType = TradeType.Scan;
                row.QrType = QrType.Static;
                row.Amount = new Amount(100 + (number % 1_000_000));
                row.Currency = number % 3 == 0 ? Yen : Yuan;
                row.TimeMs = day.StartMs + number;
                return true;
            }

            public void Dispose()
            {
            }

            private static readonly Currency Yuan = Currency.Parse("CNY");
            private static readonly Currency Yen = Currency.Parse("JPY");
        }
    }
}
