using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Gives trade_no and resp_id: always greater than all before, never above the journaled ceiling, so that a restart, which begins at
/// the ceiling, never gives one twice, whatever the clock says then.
/// </summary>
/// <remarks><c>_last</c> moves by compare-and-swap from any thread; <c>_ceiling</c> is raised by the ledger thread after the
/// sync.</remarks>
internal sealed class NumberSource(TimeProvider time, int node)
{
    /// <summary>How far ahead of the last number the ceiling is set. A crash costs a jump of at most this much.</summary>
    internal const long CeilingAheadMs = 4_000;

    /// <summary>Less than this left: a new ceiling is journaled. Two seconds cover the slowest commit that is not yet a failure.</summary>
    internal const long CeilingRenewMs = 2_000;

    private const ulong LastInMillisecond = (1UL << TradeNo.CounterBits) - 1;
    private const ulong Closed = ulong.MaxValue;

    private ulong _last;
    private ulong _ceiling;

    /// <summary>The next number.</summary>
    /// <exception cref="LedgerUnavailableException">The ledger is closed, or 8 million numbers were given since it last synced.</exception>
    internal TradeNo Next()
    {
        while (true)
        {
            ulong last = Volatile.Read(ref _last);
            ulong ceiling = Volatile.Read(ref _ceiling);
            ulong next = Math.Max(last + 1, (ulong)NowMs << TradeNo.CounterBits);
            if (next > ceiling)
            {
                // The ledger thread is late (a stopped process, a slow disk): count on within the last millisecond.
                next = Math.Max(last + 1, ceiling & ~LastInMillisecond);
            }
            if (last == Closed || next > ceiling)
            {
                throw new LedgerUnavailableException("no numbers are left below the journaled ceiling");
            }
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return new TradeNo(next, (ushort)node);
            }
        }
    }

    /// <summary>After recovery: nothing at or below <paramref name="ceiling"/> is given again.</summary>
    internal void StartAbove(ulong ceiling)
    {
        _last = ceiling;
        _ceiling = ceiling;
    }

    /// <summary>The ceiling to journal now, or 0 when the present one is far enough.</summary>
    internal ulong CeilingDue()
    {
        ulong last = Volatile.Read(ref _last);
        if (last == Closed)
        {
            return 0;
        }
        long fromMs = Math.Max(NowMs, (long)(last >> TradeNo.CounterBits));
        long leftMs = (long)(_ceiling >> TradeNo.CounterBits) - fromMs;
        return leftMs >= CeilingRenewMs ? 0 : ((ulong)(fromMs + CeilingAheadMs) << TradeNo.CounterBits) | LastInMillisecond;
    }

    /// <summary>The record of this ceiling is durable: numbers up to it may be given.</summary>
    internal void Raise(ulong ceiling) => Volatile.Write(ref _ceiling, ceiling);

    /// <summary>Gives no more numbers, and says which was the last: a clean restart goes on right behind it.</summary>
    internal ulong Close() => Interlocked.Exchange(ref _last, Closed);

    private long NowMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}
