using System.Collections.Concurrent;
using System.Text;
using HotPath.LoadTest.Wire;

namespace HotPath.LoadTest.Running;

/// <summary>When an institution learned that a trade is paid, by the clock that another process on this machine has too.</summary>
internal sealed class AnswerTimes(TimeProvider clock)
{
    // One reading of the clock for all: between two of them it may be set.
    private readonly DateTimeOffset _began = clock.GetUtcNow();
    private readonly long _beganNs = Pacer.Now;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _times = new(StringComparer.Ordinal);

    /// <summary>Trades by inst_id and trade_no, joined by a blank, each with when its 0000 was there.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset> Times => _times;

    /// <summary>What a trade is found by.</summary>
    public static string KeyOf(string institution, string tradeNo) => $"{institution} {tradeNo}";

    /// <summary>Keeps the time of an answer that says paid; any other is passed over.</summary>
    public void Note(ReadOnlySpan<byte> answer, long atNs)
    {
        if (SignedAnswer.Peek(answer, "\"resp_code\":\""u8).SequenceEqual("0000"u8))
        {
            string institution = Encoding.ASCII.GetString(SignedAnswer.Peek(answer, "\"inst_id\":\""u8));
            _times[KeyOf(institution, Encoding.ASCII.GetString(SignedAnswer.Peek(answer, "\"trade_no\":\""u8)))] = _began.AddMicroseconds((atNs - _beganNs) / 1e3);
        }
    }
}
