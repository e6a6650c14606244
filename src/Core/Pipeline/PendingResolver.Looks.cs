using System.Collections.Concurrent;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Operations;

namespace HotPath.Core.Pipeline;

/// <summary>Whether a channel that confirmed a reversal keeps its word (F15): what it executes all the same is money too much.</summary>
public sealed partial class PendingResolver
{
    // From before the start, not looked up yet.
    private readonly ConcurrentQueue<TradeNo> _reversed = new();

    /// <summary>A trade ended by a confirmed reversal: its channel is asked again later.</summary>
    public void LookAgain(Trade reversed) => _looks.Begin(reversed);

    /// <summary>A refund was stopped by a confirmed reversal: its channel is asked again later. What it executed all the same is told, and nothing is moved.</summary>
    public void LookAgain(Refund stopped) => _looks.Begin(stopped);

    private async Task TakeOverReversedAsync()
    {
        foreach (TradeNo number in await _ledger.Surpluses.ReversedAsync())
        {
            _reversed.Enqueue(number);
        }
    }

    // False: the book could not be read, and it stands in line again.
    private async Task<bool> LookAgainAsync(TradeNo number)
    {
        try
        {
            var trade = new Trade();
            if (await _ledger.FindAsync(number, trade))
            {
                _looks.Begin(trade);
            }
            return true;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailure(failure, number);
            _reversed.Enqueue(number);
            return false;
        }
    }

    private void BeginLook(Channel channel, Look look) => _ = LookAsync(channel, look);

    private async Task LookAsync(Channel channel, Look look)
    {
        ClearingOutcome? outcome = null;
        TimeSpan took = default;
        try
        {
            if (await ReferenceOfAsync(look) is not { } reference)
            {
                _looks.End(look, channel);
                return;
            }
            long sentAt = _clock.GetTimestamp();
            outcome = ClearingOutcome.Unknown;
            ClearingResult result = await channel.InquireAsync(reference);
            (outcome, took) = (result.Outcome, _clock.GetElapsedTime(sentAt));
            if (outcome == ClearingOutcome.Succeeded)
            {
                await (look.IsRefund ? (IInDoubt)_refunds : _payments).AdoptAsync(channel.Id, look.Number, result, isHearsay: false);
                _looks.End(look, channel);
            }
            // PENDING of what it has reversed is no word to rely on either.
            else if (outcome is ClearingOutcome.Unknown or ClearingOutcome.NotDelivered or ClearingOutcome.Processing)
            {
                _looks.Again(look, channel);
            }
            else
            {
                _looks.Next(look, channel);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailure(failure, look.Number);
            _looks.Again(look, channel);
        }
        finally
        {
            if (outcome is { } said)
            {
                channel.Inquiries.Ended(said, took);
            }
            else
            {
                channel.Inquiries.Unspent();
            }
            _turns[channel].Give();
        }
    }

    private async ValueTask<ClearingReference?> ReferenceOfAsync(Look look)
    {
        (Trade trade, Refund refund) = (new(), new());
        return look.IsRefund
            ? await _ledger.FindRefundAsync(look.Number, refund) ? Refunding.ReferenceOf(refund) : null
            : await _ledger.FindAsync(look.Number, trade) ? ScanPay.ReferenceOf(trade) : null;
    }
}
