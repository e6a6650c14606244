using System.Text;
using HdrHistogram;

namespace HotPath.LoadTest.Running;

/// <summary>A payment that was answered, kept to be asked for again after the run.</summary>
internal sealed record PaidTrade(string InstId, string RespCode, string TradeNo, string OrderNo, string Amount);

/// <summary>When a payment was due, sent and ended, in nanoseconds of <see cref="Pacer.Now"/>.</summary>
internal readonly record struct CallTimes(long IntendedNs, long SentNs, long EndNs)
{
    public long FromIntendedMicroseconds => Math.Max(0, EndNs - IntendedNs) / 1000;

    public long FromSendMicroseconds => Math.Max(0, EndNs - SentNs) / 1000;
}

/// <summary>What a run has seen. One short lock a payment (0.1 µs): cheaper than a histogram for each connection, and simple to trust.</summary>
internal sealed class RunRecord
{
    /// <summary>Counted under this name: the connection broke, so what became of the payment is for a query to tell.</summary>
    public const string NoAnswer = "no answer";

    // Two minutes of the fastest gateway so far, every answer verified; 300 MB.
    private const int MaxTrades = 1_000_000;
    private const int MaxMismatches = 20;
    private const long LongestMicroseconds = 3_600_000_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _codes = [];
    private readonly Dictionary<uint, string> _names = [];
    private readonly List<PaidTrade> _trades = [];
    private readonly List<string> _mismatches = [];
    private readonly Timeline _timeline = new();

    /// <summary>Microseconds from the intended start to the answer: what a customer waits.</summary>
    public LongHistogram FromIntended { get; } = new(LongestMicroseconds, 3);

    /// <summary>Microseconds from the send to the answer: what a generator sees that waits for its server (coordinated omission).</summary>
    public LongHistogram FromSend { get; } = new(LongestMicroseconds, 3);

    /// <summary>Microseconds that the generator itself was late: a payment was due and a connection free, and nothing was sent yet.</summary>
    public LongHistogram SendLag { get; } = new(LongestMicroseconds, 3);

    /// <summary>Arrivals so far.</summary>
    public long Offered { get; private set; }

    /// <summary>Payments with an answer, whatever it said.</summary>
    public long Done { get; private set; }

    /// <summary>Answers that told what became of a payment: a refusal is an answer and no payment.</summary>
    public long Outcomes => _codes.Where(static pair => RespCodes.IsOutcome(pair.Key)).Sum(static pair => pair.Value);

    /// <summary>Answers whose signature was verified.</summary>
    public long Verified { get; private set; }

    public IReadOnlyDictionary<string, long> Codes => _codes;

    public IReadOnlyList<PaidTrade> Trades => _trades;

    /// <summary>Answers that were not what they had to be; the first twenty.</summary>
    public IReadOnlyList<string> Mismatches => _mismatches;

    /// <summary>The run second by second; read it when the run is over.</summary>
    public IReadOnlyList<TimelineSecond> Timeline
    {
        get
        {
            lock (_lock)
            {
                return _timeline.Read();
            }
        }
    }

    /// <summary>The run starts; a second part of the same run goes on in the same timeline.</summary>
    public void Begin(long startNs)
    {
        lock (_lock)
        {
            _timeline.Begin(startNs);
        }
    }

    /// <summary>
    /// What counts begins now: the first seconds on new connections are not what is asked for. What was wrong in them stays, and so do trades to
    /// query and the timeline.
    /// </summary>
    public void Restart()
    {
        lock (_lock)
        {
            Offered = 0;
            Done = 0;
            _codes.Clear();
            FromIntended.Reset();
            FromSend.Reset();
            SendLag.Reset();
        }
    }

    /// <summary>A payment was due.</summary>
    public void Arrived(long dueNs)
    {
        lock (_lock)
        {
            Offered++;
            _timeline.Arrived(dueNs);
        }
    }

    /// <summary>The generator was this late, in nanoseconds.</summary>
    public void Sent(long lagNs)
    {
        lock (_lock)
        {
            SendLag.RecordValue(Math.Max(0, lagNs / 1000));
        }
    }

    /// <summary>A payment is answered with this code (four bytes), or with an HTTP status other than 200.</summary>
    public void Answered(int httpStatus, ReadOnlySpan<byte> respCode, CallTimes times)
    {
        lock (_lock)
        {
            Done++;
            string code = Name(httpStatus, respCode);
            Count(code);
            FromIntended.RecordValue(times.FromIntendedMicroseconds);
            FromSend.RecordValue(times.FromSendMicroseconds);
            _timeline.Ended(code, times.EndNs, times.FromIntendedMicroseconds);
        }
    }

    /// <summary>A payment got no answer in this time; it stays in the distribution, else the worst of a run would be invisible.</summary>
    public void Unanswered(CallTimes times)
    {
        lock (_lock)
        {
            Count(NoAnswer);
            FromIntended.RecordValue(times.FromIntendedMicroseconds);
            _timeline.Ended(NoAnswer, times.EndNs, times.FromIntendedMicroseconds);
        }
    }

    /// <summary>What the processes used since the last call.</summary>
    public void Used(long nowNs, ProcessUse use)
    {
        lock (_lock)
        {
            _timeline.Used(nowNs, use);
        }
    }

    public void WasVerified(PaidTrade? trade)
    {
        lock (_lock)
        {
            Verified++;
            if (trade is not null && _trades.Count < MaxTrades)
            {
                _trades.Add(trade);
            }
        }
    }

    public void Mismatch(string what)
    {
        lock (_lock)
        {
            if (_mismatches.Count < MaxMismatches)
            {
                _mismatches.Add(what);
            }
        }
    }

    private void Count(string name) => _codes[name] = _codes.GetValueOrDefault(name) + 1;

    private string Name(int httpStatus, ReadOnlySpan<byte> respCode)
    {
        bool isCode = httpStatus == 200 && respCode.Length == sizeof(uint);
        uint key = isCode ? BitConverter.ToUInt32(respCode) : (uint)httpStatus;
        if (!_names.TryGetValue(key, out string? name))
        {
            name = isCode ? Encoding.ASCII.GetString(respCode) : $"HTTP {httpStatus}";
            _names.Add(key, name);
        }
        return name;
    }
}
