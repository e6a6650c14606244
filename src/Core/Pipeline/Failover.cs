using System.Runtime.CompilerServices;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Buffers;
using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Steps 6 to 8 again, for a payment that its channel certainly did not get: the connection was refused, its TLS handshake failed, its breaker opened
/// between choice and send. Anything else that a channel says, or does not say, ends it here: from the first byte on it may have the payment, and then
/// nobody else may (docs/decisions/0028).
/// </summary>
/// <remarks>
/// Each further channel is durable before a byte goes there, so that after a crash the payment is in doubt at one channel only, the last one. Beside the hot
/// path: what is allocated here is allocated where a channel fails.
/// </remarks>
public sealed class Failover(
    ILedger ledger, Router router, PendingResolver resolver, Repetitions repetitions, AnswerBudget budget, PipelineOptions options, TimeProvider clock,
    GatewayMetrics.FailoverMetrics metrics, AnswerDesk desk)
{
    /// <summary>
    /// Tries other channels for as long as it is certain that none got it. The word of the last one is to be settled by; without one the request has
    /// been answered here.
    /// </summary>
    /// <param name="slot">The payment; its trade is at the channel it was sent to last.</param>
    /// <param name="institution">Whose it is.</param>
    /// <param name="admittance">Steps aside while a channel works.</param>
    /// <param name="channel">The first one.</param>
    /// <param name="result">Its word: that it was not delivered.</param>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    public async ValueTask<Cleared> GoOnAsync(RequestSlot slot, Institution institution, Admittance admittance, Channel channel, ClearingResult result)
    {
        TriedChannels tried = default;
        while (result.Outcome == ClearingOutcome.NotDelivered)
        {
            tried.Add(channel);
            if (WhyNot(slot, tried) is { } reason)
            {
                metrics.Refused(reason);
                break;
            }

            // 6 route
            (ShortText here, RouteTrail way) = (slot.Trade.ChannelId, slot.Trade.Route);
            RouteChoice choice = ScanPay.ChooseRoute(slot, institution, router, tried, clock.GetUtcNow().ToUnixTimeMilliseconds());
            if (choice.Channel is not { } next)
            {
                metrics.Refused(GatewayMetrics.NoFailover.NoChannel);
                break;
            }

            // 7 claim: the next channel
            slot.Trade.GoTo(next.Id);
            CompleteState state = await ledger.RedirectAsync(slot.Trade, budget.LeftForCommit(slot));
            if (state != CompleteState.Recorded)
            {
                next.ReturnCredit();
                bool isStillHere = state == CompleteState.WishChanged || (state == CompleteState.Unavailable && ledger.IsReady);
                metrics.Refused(
                    state == CompleteState.WishChanged ? GatewayMetrics.NoFailover.Cancelled
                    : state == CompleteState.AlreadyFinal ? GatewayMetrics.NoFailover.Ended : GatewayMetrics.NoFailover.NotRecorded);
                if (!isStillHere)
                {
                    await AnswerAsync(slot, institution, next, state);
                    return default;
                }
                slot.Trade.ComeBack(here, way);
                break;
            }
            metrics.WentOn(channel.Options.Id, next.Options.Id);

            // 8 clear
            channel = next;
            using (admittance.StepAside())
            {
                result = await ScanPay.Send(slot, channel, budget.Left(slot));
            }
            metrics.Attempted(Channel.ToMetric(result.Outcome));
        }
        return new Cleared(channel, result);
    }

    private GatewayMetrics.NoFailover? WhyNot(RequestSlot slot, in TriedChannels tried) =>
        tried.Count >= options.MaxAttempts ? GatewayMetrics.NoFailover.Attempts
        : budget.Left(slot) < AnswerBudget.LeastForAttempt ? GatewayMetrics.NoFailover.Budget
        : null;

    private async ValueTask AnswerAsync(RequestSlot slot, Institution institution, Channel next, CompleteState state)
    {
        switch (state)
        {
            case CompleteState.AlreadyFinal:
                await repetitions.OfOneRecordedAsync(slot, slot.Trade.TradeNo);
                return;
            case CompleteState.Late:
                // The book may say the next channel yet, and nothing was sent there: it does not know the payment, which the resolver will hear of it.
                slot.GiveAway();
                resolver.Watch(slot.Trade.TradeNo, slot.Trade.AcceptedAtMs, next);
                desk.TellPending(slot, institution);
                return;
            default:
                AnswerDesk.Cut(slot);
                return;
        }
    }
}

/// <summary>What came of all attempts at a payment.</summary>
/// <param name="Channel">The channel whose word it is; null: the request is answered.</param>
/// <param name="Result">Its word.</param>
public readonly record struct Cleared(Channel? Channel, ClearingResult Result);
