using HotPath.Core.Model;
using HotPath.Core.Recon;

namespace HotPath.Core.Tests.Recon;

/// <summary>Rows in memory, in the order in which they were added.</summary>
internal sealed class Rows : IFinalRows
{
    internal static readonly InstId Us = InstId.From("CN000001");
    internal static readonly BeijingDay Day = BeijingDay.Of(new DateTimeOffset(2026, 9, 19, 4, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());

    private readonly Dictionary<ReconFileName, List<ReconRow>> _rows = [];

    // The builder's thread looks at every day while a test adds one.
    internal List<ReconRow> Of(ReconFileName name)
    {
        lock (_rows)
        {
            if (!_rows.TryGetValue(name, out List<ReconRow>? rows))
            {
                _rows.Add(name, rows = []);
            }
            return rows;
        }
    }

    internal List<ReconRow> Trades => Of(new ReconFileName(Us, Day, ReconType.Trade));

    public long End(InstId instId, BeijingDay day, ReconType type) => Of(new ReconFileName(instId, day, type)).Count;

    public IRowReader Open(InstId instId, BeijingDay day, ReconType type, long from, long to) =>
        new Reader(Of(new ReconFileName(instId, day, type)).Skip((int)from).Take((int)(to - from)).GetEnumerator(), from);

    /// <summary>The n-th number of the day.</summary>
    internal static TradeNo Number(long n) => new((ulong)(Day.StartMs + 1 + n) << TradeNo.CounterBits, 7);

    /// <summary>A payment with the n-th number of the day.</summary>
    internal static ReconRow Trade(long n, string currency = "CNY", long minorUnits = 100)
    {
        var row = new ReconRow
        {
            Number = Number(n),
            TradeType = TradeType.Scan,
            QrType = QrType.Static,
            Amount = new Amount(minorUnits),
            Currency = Currency.Parse(currency),
            TimeMs = Day.StartMs + n,
        };
        row.OrderNo.Set(System.Text.Encoding.ASCII.GetBytes("T" + n));
        row.ChannelId.Set("told"u8);
        row.ChannelTradeNo.Set("C,1\"x"u8);
        return row;
    }

    private sealed class Reader(IEnumerator<ReconRow> rows, long from) : IRowReader
    {
        public long Position { get; private set; } = from;

        public bool TryRead(ref ReconRow row)
        {
            if (!rows.MoveNext())
            {
                return false;
            }
            row = rows.Current;
            Position++;
            return true;
        }

        public void Dispose() => rows.Dispose();
    }
}
