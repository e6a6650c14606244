using HdrHistogram;

namespace HotPath.LoadTest.Running;

/// <summary>One second of a run. Arrivals stand where they were due, answers where they came.</summary>
/// <param name="Second">From the start of the run.</param>
/// <param name="Offered">Payments that were due in it.</param>
/// <param name="Codes">Answers in it by code, with those that got none.</param>
/// <param name="P50Ms">Of the latencies from the intended start, ms; 0 without an answer.</param>
/// <param name="P99Ms">The same.</param>
/// <param name="MaxMs">The same.</param>
/// <param name="ServerCpuSeconds">CPU of the gateway in it; null when its process is not known.</param>
/// <param name="GeneratorCpuSeconds">CPU of this process in it.</param>
/// <param name="ResidentMegabytes">Memory of the gateway at its end; null when its process is not known.</param>
internal sealed record TimelineSecond(
    int Second,
    long Offered,
    IReadOnlyDictionary<string, long> Codes,
    double P50Ms,
    double P99Ms,
    double MaxMs,
    double? ServerCpuSeconds,
    double? GeneratorCpuSeconds,
    double? ResidentMegabytes)
{
    /// <summary>Answers, whatever they said.</summary>
    public long Done => Codes.Where(static pair => pair.Key != RunRecord.NoAnswer).Sum(static pair => pair.Value);

    /// <summary>Answers that told what became of a payment.</summary>
    public long Paid => Codes.GetValueOrDefault(RespCodes.Success) + Codes.GetValueOrDefault(RespCodes.Processing);

    /// <summary>
    /// Share of the gateway's CPU that one verify and one sign for each payment account for; null where it does not apply. Computed from the
    /// cost of a call measured before and after the run, so that nothing has to trace the gateway.
    /// </summary>
    public double? CryptoShare { get; init; }
}

/// <summary>CPU seconds of gateway and generator, and the gateway's memory now. Null: not known.</summary>
internal readonly record struct ProcessUse(double? ServerCpuSeconds, double? GeneratorCpuSeconds, double? ResidentMegabytes);

/// <summary>A run second by second. The caller locks.</summary>
internal sealed class Timeline
{
    // Two digits: a plot shows no third, and a histogram of three takes ten times the memory.
    private const int Digits = 2;
    private const long LongestMicroseconds = 3_600_000_000;

    private readonly List<Cell> _cells = [];
    private readonly LongHistogram _latencies = new(LongestMicroseconds, Digits);
    private long _startNs = -1;
    private int _current;

    /// <summary>Second 0 begins; later calls change nothing.</summary>
    public void Begin(long startNs) => _startNs = _startNs < 0 ? startNs : _startNs;

    public void Arrived(long dueNs) => At(SecondOf(dueNs)).Offered++;

    /// <summary>A payment was answered with <paramref name="code"/>, or given up.</summary>
    public void Ended(string code, long nowNs, long fromIntendedMicroseconds)
    {
        // Two threads may arrive in the wrong order at a second's border: the latencies of a closed second stay closed.
        int second = Math.Max(_current, SecondOf(nowNs));
        if (second > _current)
        {
            Close();
            _current = second;
        }
        Cell cell = At(second);
        cell.Codes[code] = cell.Codes.GetValueOrDefault(code) + 1;
        _latencies.RecordValue(Math.Clamp(fromIntendedMicroseconds, 0, LongestMicroseconds));
    }

    /// <summary>What the processes used since the last call; it belongs to the second that <paramref name="nowNs"/> ends or is in.</summary>
    public void Used(long nowNs, ProcessUse use)
    {
        // A timer that is to tick at each second's end ticks a little after it.
        Cell cell = At(SecondOf(nowNs - 500_000_000));
        cell.Use = new ProcessUse(
            Sum(cell.Use.ServerCpuSeconds, use.ServerCpuSeconds), Sum(cell.Use.GeneratorCpuSeconds, use.GeneratorCpuSeconds), use.ResidentMegabytes);
    }

    public IReadOnlyList<TimelineSecond> Read()
    {
        Close();
        return
        [
            .. _cells.Select(static (cell, second) => new TimelineSecond(
                second, cell.Offered, cell.Codes, cell.P50Ms, cell.P99Ms, cell.MaxMs,
                cell.Use.ServerCpuSeconds, cell.Use.GeneratorCpuSeconds, cell.Use.ResidentMegabytes)),
        ];
    }

    private static double? Sum(double? before, double? more) => more is null ? before : (before ?? 0) + more;

    private int SecondOf(long ns) => (int)Math.Max(0, (ns - Math.Max(0, _startNs)) / 1_000_000_000);

    private Cell At(int second)
    {
        while (_cells.Count <= second)
        {
            _cells.Add(new Cell());
        }
        return _cells[second];
    }

    private void Close()
    {
        if (_latencies.TotalCount == 0)
        {
            return;
        }
        Cell cell = At(_current);
        cell.P50Ms = _latencies.GetValueAtPercentile(50) / 1000.0;
        cell.P99Ms = _latencies.GetValueAtPercentile(99) / 1000.0;
        cell.MaxMs = _latencies.GetValueAtPercentile(100) / 1000.0;
        _latencies.Reset();
    }

    private sealed class Cell
    {
        public long Offered { get; set; }

        public Dictionary<string, long> Codes { get; } = [];

        public double P50Ms { get; set; }

        public double P99Ms { get; set; }

        public double MaxMs { get; set; }

        public ProcessUse Use { get; set; }
    }
}
