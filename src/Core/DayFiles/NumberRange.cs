using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>All numbers from <paramref name="First"/> on and before <paramref name="End"/>.</summary>
internal readonly record struct NumberRange(TradeNo First, TradeNo End)
{
    // The first millisecond, in 2039, that a number cannot hold: shifted into one it would begin at 1970 again.
    private const long EndMs = 1L << (64 - TradeNo.CounterBits);

    /// <summary>Every number given in these milliseconds, the last one not among them, whatever its node.</summary>
    internal static NumberRange Of(long fromMs, long beforeMs) => new(Lowest(fromMs), Lowest(beforeMs));

    internal bool Holds(TradeNo number) => number >= First && number < End;

    private static TradeNo Lowest(long ms) =>
        ms >= EndMs ? new(ulong.MaxValue, ushort.MaxValue) : new((ulong)Math.Max(0, ms) << TradeNo.CounterBits, 0);
}
