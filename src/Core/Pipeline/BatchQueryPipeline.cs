using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>TRADE_BATCH_QUERY, from admission on. Rows that are PENDING start no inquiries: a hundred of them would be a hundred calls to a channel.</summary>
/// <param name="ledger">The book.</param>
/// <param name="days">The day files; null where none are kept, and windows are refused.</param>
/// <param name="feed">Brings them up to the moment of the question.</param>
/// <param name="budget">How long that may take.</param>
/// <param name="clock">The clock.</param>
/// <param name="desk">Answers.</param>
public sealed class BatchQueryPipeline(ILedger ledger, DayStore? days, ChangeFeed? feed, AnswerBudget budget, TimeProvider clock, AnswerDesk desk)
{
    private readonly TradeBatchQuery _query = new(ledger, days);

    /// <summary>Fills the slot's answer with a page.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    internal async ValueTask RunAsync(RequestSlot slot, Institution institution, Admittance admittance)
    {
        // What was acknowledged before the question is in its answer.
        if (!BatchQueryForm.IsByList(slot) && !await TryCatchUpAsync(slot, admittance))
        {
            bool isKept = days is not null && feed is not null;
            desk.RefuseWithinBudget(
                slot, institution, isKept ? RespCode.SystemBusy : RespCode.ServiceUnavailable,
                isKept ? GatewayMetrics.RefusalCause.LedgerCapacity : GatewayMetrics.RefusalCause.NotReady);
            return;
        }
        try
        {
            if (await _query.ReadAsync(slot, institution) is { } page)
            {
                desk.ShowPage(slot, institution, page);
                return;
            }
        }
        catch (DayFilesDamagedException)
        {
            // Told where it was found. No list is better than one that may be wrong.
            desk.RefuseWithinBudget(slot, institution, RespCode.ServiceUnavailable, GatewayMetrics.RefusalCause.NotReady);
            return;
        }
        desk.Refuse(slot, new Rejection(RespCode.MemberIllegal, Member.SnapshotNo), institution);
    }

    private async ValueTask<bool> TryCatchUpAsync(RequestSlot slot, Admittance admittance)
    {
        TimeSpan left = budget.Left(slot);
        if (days is null || feed is null || left <= TimeSpan.Zero)
        {
            return false;
        }
        using var over = new CancellationTokenSource(left, clock);
        try
        {
            // The feed's thread does the work.
            using Admittance.Aside aside = admittance.StepAside();
            await feed.CatchUpAsync(days, over.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
