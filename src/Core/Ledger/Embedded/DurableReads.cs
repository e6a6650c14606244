using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;
using HotPath.Core.Model;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// What callers read of the book: only what is durable. What is there and not durable yet is waited for, and then looked at again. A disk or a
/// record that cannot be read stops the engine.
/// </summary>
/// <param name="reader">Looks once.</param>
/// <param name="now">Now, Unix milliseconds, never behind the journal: a clock that steps back must not bring an expired claim to life.</param>
/// <param name="fence">Returns when everything the ledger thread had applied before is durable.</param>
/// <param name="stop">Stops the engine.</param>
/// <typeparam name="T"><see cref="Trade"/>, <see cref="Refund"/>, <see cref="Cancellation"/> or <see cref="Surplus"/>.</typeparam>
internal sealed class DurableReads<T>(BookReads<T> reader, Func<long> now, Func<ValueTask> fence, Action<Exception> stop)
    where T : class
{
    /// <exception cref="LedgerUnavailableException">Closed, or stopped before what was found became durable or could be read.</exception>
    /// <exception cref="JournalDamagedException">A record is not as it was written; the engine has stopped.</exception>
    internal ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, T into)
    {
        var lookup = new Lookup(LookupKind.Recall, IndexKey.Claim(instId, reqId.Span), instId, reqId, fingerprint);
        return TryLookUp(lookup, into, out ReqIdState state) == ReadOutcome.NotDurable
            ? LookUpWhenDurableAsync(lookup, into)
            : new ValueTask<ReqIdState>(state);
    }

    /// <inheritdoc cref="RecallAsync"/>
    internal ValueTask<bool> FindAsync(TradeNo number, T into) =>
        FindAsync(new Lookup(LookupKind.Number, default, default, default, default) { TradeNo = number }, into);

    /// <inheritdoc cref="RecallAsync"/>
    internal ValueTask<bool> FindByTextAsync(in IndexKey key, InstId instId, ReadOnlyMemory<byte> text, T into) =>
        FindAsync(new Lookup(LookupKind.Text, key, instId, text, default), into);

    private ValueTask<bool> FindAsync(in Lookup lookup, T into)
    {
        ReadOutcome outcome = TryLookUp(lookup, into, out _);
        return outcome == ReadOutcome.NotDurable ? FindWhenDurableAsync(lookup, into) : new ValueTask<bool>(outcome == ReadOutcome.Found);
    }

    private ReadOutcome TryLookUp(in Lookup lookup, T into, out ReqIdState state)
    {
        state = ReqIdState.Free;
        try
        {
            return lookup.Kind switch
            {
                LookupKind.Number => reader.Find(lookup.TradeNo, into),
                LookupKind.Text => reader.FindByText(lookup.Key, lookup.InstId, lookup.Text.Span, into),
                _ => reader.Recall(lookup.Key, lookup.InstId, lookup.Text.Span, lookup.Fingerprint, now(), into, out state),
            };
        }
        catch (JournalDamagedException damage)
        {
            stop(damage);
            throw;
        }
        catch (IOException failure)
        {
            stop(failure);
            throw new LedgerUnavailableException($"the ledger stopped: {failure.Message}", failure);
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<ReqIdState> LookUpWhenDurableAsync(Lookup lookup, T into)
    {
        ReqIdState state;
        do
        {
            await fence();
        }
        while (TryLookUp(lookup, into, out state) == ReadOutcome.NotDurable);
        return state;
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FindWhenDurableAsync(Lookup lookup, T into)
    {
        ReadOutcome outcome;
        do
        {
            await fence();
            outcome = TryLookUp(lookup, into, out _);
        }
        while (outcome == ReadOutcome.NotDurable);
        return outcome == ReadOutcome.Found;
    }
}
