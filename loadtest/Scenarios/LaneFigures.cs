using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>What scenarios ask of a lane's record.</summary>
internal static class LaneFigures
{
    extension(Lane lane)
    {
        /// <summary>Answers with this code.</summary>
        public long Count(string code) => lane.Record.Codes.GetValueOrDefault(code);

        /// <summary>Payments answered 0000 or 0001.</summary>
        public long Paid => lane.Count(RespCodes.Success) + lane.Count(RespCodes.Processing);

        /// <summary>p99 from the intended start, ms.</summary>
        public double P99Ms => Latency.Of(lane.Record.FromIntended).P99;

        /// <summary>Codes other than these, in words; nothing when there are none.</summary>
        public string Others(params ReadOnlySpan<string> expected)
        {
            var others = new SortedDictionary<string, long>(lane.Record.Codes.ToDictionary(), StringComparer.Ordinal);
            foreach (string code in expected)
            {
                others.Remove(code);
            }
            return string.Join(", ", others.Select(static pair => $"{pair.Value} x {pair.Key}"));
        }
    }
}
