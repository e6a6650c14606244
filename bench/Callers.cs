using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;

namespace HotPath.Bench;

/// <summary>One of many who call at once.</summary>
internal interface ICaller
{
    ValueTask CallAsync(int index);
}

/// <summary>Spreads calls over concurrent callers. Allocates for none of them once it is warm, so that what is counted is the callee's.</summary>
internal sealed class Callers(IReadOnlyList<ICaller> callers)
{
    private readonly ValueTask[] _running = new ValueTask[callers.Count];
    private int _next;
    private int _end;

    /// <summary>Calls each index from <paramref name="first"/> up to <paramref name="end"/> once.</summary>
    public async Task RunAsync(int first, int end)
    {
        _next = first - 1;
        _end = end;
#pragma warning disable CA2012 // All begin before the first is awaited; each is awaited exactly once.
        for (int i = 0; i < _running.Length; i++)
        {
            _running[i] = RepeatAsync(callers[i]);
        }
        for (int i = 0; i < _running.Length; i++)
        {
            await _running[i];
        }
#pragma warning restore CA2012
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask RepeatAsync(ICaller caller)
    {
        for (int index = Interlocked.Increment(ref _next); index < _end; index = Interlocked.Increment(ref _next))
        {
            await caller.CallAsync(index);
        }
    }
}

/// <summary>Pays.</summary>
internal sealed class Payer(BenchCorridor corridor, byte[][] bodies) : ICaller
{
    private readonly Core.Wire.RequestSlot _slot = new();

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask CallAsync(int index)
    {
        await corridor.PayAsync(_slot, bodies[index]);
        BenchCorridor.RequireSuccess(_slot);
    }
}

/// <summary>Claims trades, each new.</summary>
internal sealed class Claimer(TradeMaker trades, Core.Ledger.ILedger ledger) : ICaller
{
    private readonly Core.Model.Trade _trade = new();

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask CallAsync(int index)
    {
        trades.Fill(_trade, index);
        if (!(await ledger.ClaimAsync(_trade)).IsWon)
        {
            throw new InvalidOperationException("a new claim was not won");
        }
    }
}

/// <summary>Claims a trade and records its result: the two waits for the disk that a payment has.</summary>
internal sealed class Recorder(TradeMaker trades, Core.Ledger.ILedger ledger) : ICaller
{
    private readonly Core.Model.Trade _trade = new();

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    public async ValueTask CallAsync(int index)
    {
        trades.Fill(_trade, index);
        bool isWon = (await ledger.ClaimAsync(_trade)).IsWon;
        TradeMaker.Settle(_trade);
        if (!isWon || await ledger.CompleteAsync(_trade) != Core.Ledger.CompleteState.Recorded)
        {
            throw new InvalidOperationException("a new trade was not recorded");
        }
    }
}
