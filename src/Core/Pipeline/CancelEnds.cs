using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>Waits for the end of a wish to cancel, and says whether anything may be told of it: to the request that made the wish, and to whoever repeats it.</summary>
public sealed class CancelEnds(ILedger ledger, TradeWaiters waiters, PendingResolver resolver)
{
    /// <summary>
    /// Fills the slot's wish and its trade. True: the wish has its answer, or 0001 may be told, and then it stands until its trade has ended. False: the
    /// connection is to be cut, for the wish is being taken back, or its trade has ended, and that is not durable.
    /// </summary>
    /// <param name="slot">Whose answer it is.</param>
    /// <param name="cancelNo">Which wish.</param>
    /// <param name="admittance">The call's; it steps aside while it waits.</param>
    /// <param name="atMost">How long to wait.</param>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<bool> AwaitAsync(RequestSlot slot, TradeNo cancelNo, Admittance admittance, TimeSpan atMost)
    {
        if (!await WaitAsync(slot, cancelNo, admittance, atMost))
        {
            return false;
        }
        if (slot.IsFinal)
        {
            return true;
        }
        bool stands = resolver.Promise(cancelNo);
        if (!await WaitAsync(slot, cancelNo, admittance, TimeSpan.Zero))
        {
            return false;
        }
        // Its end is being recorded at this moment: a 0001 that shows a trade which has ended would be a riddle.
        if ((slot.Trade.IsFinal || !stands) && !await WaitAsync(slot, cancelNo, admittance, AnswerBudget.LeastForCommit))
        {
            return false;
        }
        return slot.IsFinal || (stands && !slot.Trade.IsFinal);
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync(RequestSlot slot, TradeNo cancelNo, Admittance admittance, TimeSpan atMost)
    {
        using TradeWaiters.Registration registration = waiters.Register(cancelNo);
        bool isFound = await FindAsync(slot, cancelNo);
        if (!isFound || slot.IsFinal)
        {
            return isFound;
        }
        using (admittance.StepAside())
        {
            await registration.WaitAsync(atMost);
        }
        return await FindAsync(slot, cancelNo);
    }

    // The wish before its trade: the trade has ended whenever the wish has.
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FindAsync(RequestSlot slot, TradeNo cancelNo) =>
        await ledger.Cancels.FindAsync(cancelNo, slot.Cancel) && await ledger.FindAsync(slot.Cancel.TradeNo, slot.Trade);
}
