using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Pipeline;

/// <summary>A turn of one that is in doubt: found in the book, one message to its channel, and what it said into the book.</summary>
public sealed partial class PendingResolver
{
    private void BeginTurn(Channel channel, Turn turn) => _ = TakeTurnAsync(channel, turn);

    // Whatever goes wrong with one trade, it stays on the schedule and the others go on.
    private async Task TakeTurnAsync(Channel channel, Turn turn)
    {
        Word? word = null;
        TimeSpan took = default;
        try
        {
            (IInDoubt? kind, Doubt? doubt) = await FindAsync(turn.Number);
            if (kind is null || doubt is null)
            {
                _schedule.Remove(turn.Number);
                return;
            }
            if (!doubt.ChannelId.Span.SequenceEqual(channel.Id.Span))
            {
                Place(kind, doubt);
                return;
            }
            long sentAt = _clock.GetTimestamp();
            word = Word.Nothing;
            word = await kind.AskAsync(channel, doubt, turn);
            took = _clock.GetElapsedTime(sentAt);
            if (!await RecordAsync(channel.Id, turn.Number, word.Value.Result, isHearsay: false) && word.Value.LeadsOn)
            {
                _schedule.GoOn(turn);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailure(failure, turn.Number);
        }
        finally
        {
            if (word is { IsUnasked: false } said)
            {
                channel.Inquiries.Ended(said.Result.Outcome, took);
            }
            else
            {
                channel.Inquiries.Unspent();
            }
            _turns[channel].Give();
        }
    }

    // A number whose channel is not known here: it has ended meanwhile, or it is put to its channel. False: the book could not be read.
    private async Task<bool> PlaceAsync(TradeNo number)
    {
        try
        {
            (IInDoubt? kind, Doubt? doubt) = await FindAsync(number);
            if (kind is null || doubt is null)
            {
                _schedule.Remove(number);
            }
            else if (Place(kind, doubt) is { } channel)
            {
                _turns[channel].Give();
            }
            return true;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailure(failure, number);
            return false;
        }
    }

    private Channel? Place(IInDoubt kind, Doubt doubt)
    {
        if (_router.Find(doubt.ChannelId.Span) is not { } channel)
        {
            _alarm.HasNoChannel(doubt.Number, doubt.ChannelId.ToString());
            return null;
        }
        _schedule.Place(doubt.Number, channel, isCancel: kind == _cancels);
        return channel;
    }

    // After an outage a million; the book is read for each, and payments read it too.
    private async Task PlaceSomeAsync()
    {
        if (Interlocked.Exchange(ref _isPlacing, 1) == 1)
        {
            return;
        }
        TimeSpan tick = _isQuick ? QuickTick : Tick;
        bool isPausing = _unreadableAt is { } at && _clock.GetElapsedTime(at) < UnreadablePause;
        int most = isPausing ? 0 : (int)(MostPlacedPerSecond * tick.TotalSeconds);
        bool isReadable = true;
        for (; most > 0 && isReadable && !_isStopped && _schedule.TryTakeUnplaced(out TradeNo number); most--)
        {
            isReadable = await PlaceAsync(number);
        }
        for (; most > 0 && isReadable && !_isStopped && _reversed.TryDequeue(out TradeNo number); most--)
        {
            isReadable = await LookAgainAsync(number);
        }
        if (!isReadable)
        {
            _unreadableAt = _clock.GetTimestamp();
        }
        Volatile.Write(ref _isPlacing, 0);
    }

    private async Task AdoptAsync(Channel channel, TradeNo number, ClearingResult result)
    {
        // At a stop the ledger is about to be closed: the next start inquires.
        if (_isStopped)
        {
            return;
        }
        try
        {
            await RecordAsync(channel.Id, number, result, isHearsay: false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogFailure(failure, number);
        }
    }

    internal async ValueTask<(IInDoubt? Kind, Doubt? Doubt)> FindAsync(TradeNo number)
    {
        foreach (IInDoubt kind in _kinds)
        {
            if (await kind.FindAsync(number) is { } doubt)
            {
                return (kind, doubt);
            }
        }
        return default;
    }

    /// <summary>Puts a word about one into the book. True: it has a result, this one or an earlier one.</summary>
    /// <param name="channelId">Whose word it is, or is said to be.</param>
    /// <param name="number">Of what.</param>
    /// <param name="result">The word.</param>
    /// <param name="isHearsay">An operator's, who says that it is the channel's: it ends what has no result, and contradicts nothing that has one.</param>
    internal async Task<bool> RecordAsync(ShortText channelId, TradeNo number, ClearingResult result, bool isHearsay)
    {
        foreach (IInDoubt kind in _kinds)
        {
            Adoption adoption = await kind.AdoptAsync(channelId, number, result, isHearsay);
            if (adoption == Adoption.NotMine)
            {
                continue;
            }
            if (adoption == Adoption.Ended)
            {
                _schedule.Remove(number);
                _waiters.Signal(number);
            }
            return adoption == Adoption.Ended;
        }
        _schedule.Remove(number);
        return true;
    }
}
