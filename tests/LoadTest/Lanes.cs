using System.Text;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Tests;

/// <summary>Records of runs that never were, for those who judge them.</summary>
internal static class Lanes
{
    /// <summary>So many arrivals of each code, all in the first second of the timeline. A code may be <see cref="RunRecord.NoAnswer"/> or "HTTP 429".</summary>
    public static Lane Of(params ReadOnlySpan<(string Code, int Count)> answers) => Of(TimeSpan.FromMilliseconds(10), answers);

    /// <summary>The same, each answer after this time.</summary>
    public static Lane Of(TimeSpan latency, params ReadOnlySpan<(string Code, int Count)> answers)
    {
        var lane = new Lane(new Pack([], DateTimeOffset.UnixEpoch), 1);
        lane.Record.Begin(0);
        foreach ((string code, int count) in answers)
        {
            Add(lane.Record, code, count, latency: latency);
        }
        return lane;
    }

    public static void Add(RunRecord record, string code, int count, int second = 0, TimeSpan? latency = null)
    {
        long end = (second * 1_000_000_000L) + 500_000_000;
        long begin = end - (long)(latency ?? TimeSpan.FromMilliseconds(10)).TotalNanoseconds;
        var times = new CallTimes(begin, begin, end);
        for (int i = 0; i < count; i++)
        {
            record.Arrived(times.IntendedNs);
            if (code == RunRecord.NoAnswer)
            {
                record.Unanswered(times);
            }
            else if (code.StartsWith("HTTP ", StringComparison.Ordinal))
            {
                record.Answered(int.Parse(code.AsSpan(5), null), default, times);
            }
            else
            {
                record.Answered(200, Encoding.ASCII.GetBytes(code), times);
            }
        }
    }
}
