using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Routing;

namespace HotPath.Core.Pipeline;

/// <summary>What became of an operator's wish.</summary>
public enum SwitchState : byte
{
    Done = 0,

    /// <summary>It is so already.</summary>
    NothingToDo,

    /// <summary>No such channel.</summary>
    NoChannel,

    /// <summary>It could not be recorded, and was not done.</summary>
    NotRecorded,
}

/// <summary>
/// Operators' hand on the breakers. Recorded before it is done: a channel that nobody may call is somebody's word, and whose must be found again. One act at a
/// time is looked at, recorded and done: the journal has them in the order in which they took effect, and none that another had done already.
/// </summary>
/// <remarks>
/// A breaker that changes by itself while an act is being recorded may leave it without effect; whoever wished it is told so, and the breaker's history shows it.
/// </remarks>
public sealed class BreakerSwitch(ILedger ledger, Router router, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Every channel.</summary>
    public IReadOnlyList<Channel> Channels => router.Channels;

    /// <summary>No order goes to the channel, and no inquiry, until it is closed by hand or the process ends.</summary>
    /// <param name="channelId">The channel's name.</param>
    /// <param name="who">Who wishes it: 1 to <see cref="OperatorAct.MostWhoBytes"/>.</param>
    /// <param name="why">His reason: 1 to <see cref="OperatorAct.MostWhyBytes"/>.</param>
    public Task<SwitchState> OpenAsync(string channelId, string who, string why) =>
        SwitchAsync(channelId, "breaker-open", who, why, breaker => breaker.IsOpenByHand, breaker => breaker.OpenManually($"by {who}: {why}"));

    /// <summary>The channel is called again, whatever opened its breaker.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    public Task<SwitchState> CloseAsync(string channelId, string who, string why) =>
        SwitchAsync(channelId, "breaker-close", who, why, breaker => breaker.IsClosed, breaker => breaker.CloseManually($"by {who}: {why}"));

    public void Dispose() => _turn.Dispose();

    private async Task<SwitchState> SwitchAsync(
        string channelId, string act, string who, string why, Func<ChannelBreaker, bool> isSo, Func<ChannelBreaker, bool> make)
    {
        Channel? channel = Channels.FirstOrDefault(one => one.Options.Id == channelId);
        if (channel is null)
        {
            return SwitchState.NoChannel;
        }
        await _turn.WaitAsync();
        try
        {
            if (isSo(channel.Breaker))
            {
                return SwitchState.NothingToDo;
            }
            var record = new OperatorAct(clock.GetUtcNow().ToUnixTimeMilliseconds(), act, channelId, who, why);
            if (await ledger.RecordAsync(record, OperatorAct.MostWait) != CompleteState.Recorded)
            {
                return SwitchState.NotRecorded;
            }
            return make(channel.Breaker) ? SwitchState.Done : SwitchState.NothingToDo;
        }
        finally
        {
            _turn.Release();
        }
    }
}
