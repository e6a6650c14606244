using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Operations;

namespace HotPath.Core.Pipeline;

/// <summary>Whether a channel that confirmed a reversal keeps its word (F15): what it executes all the same is money too much.</summary>
public sealed partial class PendingResolver
{
    /// <summary>A trade ended by a confirmed reversal: its channel is asked again later.</summary>
    public void LookAgain(Trade reversed) => _looks.Begin(reversed);

    private async Task TakeOverReversedAsync()
    {
        foreach (TradeNo number in await _ledger.Surpluses.ReversedAsync())
        {
            var trade = new Trade();
            if (await _ledger.FindAsync(number, trade))
            {
                _looks.Begin(trade);
            }
        }
    }

    private async Task LookAsync(Look look)
    {
        var trade = new Trade();
        try
        {
            if (!await _ledger.FindAsync(look.TradeNo, trade) || _router.Find(trade.ChannelId.Span) is not { } channel)
            {
                return;
            }
            if (!channel.Breaker.IsClosed)
            {
                _looks.Wait(look);
                return;
            }
            if (!channel.TryTakeInquiry(MaxInquiriesOfChannel - KeptForCancels))
            {
                _looks.Postpone(look);
                return;
            }
            ClearingOutcome outcome;
            try
            {
                ClearingResult result = await channel.InquireAsync(ScanPay.ReferenceOf(trade));
                outcome = result.Outcome;
                if (outcome == ClearingOutcome.Succeeded)
                {
                    await _payments.AdoptAsync(channel, look.TradeNo, result);
                }
            }
            finally
            {
                channel.ReturnInquiry();
            }
            // PENDING of what it has reversed is no word to rely on either.
            if (outcome is ClearingOutcome.Unknown or ClearingOutcome.NotDelivered or ClearingOutcome.Processing)
            {
                _looks.Again(look, channel);
            }
            else if (outcome != ClearingOutcome.Succeeded)
            {
                _looks.Next(look, channel);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailure(failure, look.TradeNo);
            _looks.Postpone(look);
        }
        finally
        {
            Interlocked.Decrement(ref _inquiries);
        }
    }
}
