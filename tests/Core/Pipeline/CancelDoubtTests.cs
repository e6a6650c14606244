using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Pipeline;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>What a cancel that was told 0001 may count on, and one whose channel has its hands full.</summary>
public class CancelDoubtTests
{
    private static readonly ClearingResult Unknown = ClearingResult.Of(ClearingOutcome.Unknown);
    private static readonly ClearingResult NotDelivered = ClearingResult.Of(ClearingOutcome.NotDelivered);
    private static readonly ClearingResult Reversed = ClearingResult.Of(ClearingOutcome.Reversed);

    /// <summary>0001 says that the gateway goes on until the trade has ended: a reversal that only afterwards turns out unsent takes no wish back.</summary>
    [Fact]
    public async Task Told0001_GoesOn_EvenIfItsReversalTurnsOutUnsentAfterwards()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered doubt = await InDoubtAsync(corridor);
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.ReverseSlowly = _ => word.Task;
        Dictionary<string, string> cancel = corridor.Cancel(("orig_trade_no", doubt["trade_no"]));
        Assert.Equal("0001", (await AfterAsync(corridor, corridor.CallAsync(cancel), TimeSpan.FromSeconds(5))).Code);
        corridor.Told.ReverseSlowly = null;
        corridor.Told.Reverse = _ => Reversed;
        word.SetResult(NotDelivered);
        Assert.True(await corridor.UntilAsync(async () => await StatusAsync(corridor, doubt) == "CANCELLED", TimeSpan.FromMinutes(1)));
        Answered ended = await corridor.CallAsync(cancel);
        Assert.Equal(("0000", "CANCELLED"), (ended.Code, ended["trade_status"]));
        Assert.Equal(ended.Json, (await corridor.CallAsync(cancel)).Json);
    }

    /// <summary>The same for one that waited behind another's reversal, and for whoever repeated it meanwhile.</summary>
    [Fact]
    public async Task Told0001_BehindAnothersReversal_OrRepeated_GoesOn()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered doubt = await InDoubtAsync(corridor);
        var word = new TaskCompletionSource<ClearingResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.ReverseSlowly = _ => word.Task;
        Task<Answered> first = corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals == 1), TimeSpan.FromSeconds(1)));
        Dictionary<string, string> second = corridor.Cancel(("out_trade_no", doubt["out_trade_no"]));
        Task<Answered[]> waiting = Task.WhenAll(first, corridor.CallAsync(second), corridor.CallAsync(second));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(waiting.IsCompleted), TimeSpan.FromSeconds(6)));
        Assert.All(await waiting, answer => Assert.Equal("0001", answer.Code));
        // From now on nothing can be sent, for a while.
        corridor.Told.ReverseSlowly = null;
        corridor.Told.Reverse = _ => NotDelivered;
        word.SetResult(Unknown);
        await corridor.UntilAsync(() => Task.FromResult(corridor.Told.Reversals >= 5), TimeSpan.FromMinutes(2));
        Assert.Equal("0001", (await AfterAsync(corridor, corridor.CallAsync(second), TimeSpan.FromSeconds(5))).Code);
        corridor.Told.Reverse = _ => Reversed;
        Assert.True(await corridor.UntilAsync(async () => await StatusAsync(corridor, doubt) == "CANCELLED", TimeSpan.FromMinutes(5)));
    }

    /// <summary>As many payments of a silent channel are being inquired as may, and more wait for their turn: a cancel does not.</summary>
    [Fact]
    public async Task ChannelWithItsHandsFullOfInquiries_StillReverses()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered doubt = await InDoubtAsync(corridor);
        for (int i = 0; i < 99; i++)
        {
            await InDoubtAsync(corridor);
        }
        var silence = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        corridor.Told.InquireSlowly = () => silence.Task;
        // All that can begin have begun.
        await corridor.PassAsync(TimeSpan.FromSeconds(6));
        Task<Answered> cancelling = corridor.CallAsync(corridor.Cancel(("orig_trade_no", doubt["trade_no"])));
        // Virtual time stands still until the wish is durable: it has its budget, however busy this machine is.
        while (!cancelling.IsCompleted && (await corridor.Ledger.Cancels.PendingAsync()).Count == 0)
        {
            await Task.Delay(5);
        }
        Answered cancelled = await AfterAsync(corridor, cancelling, TimeSpan.FromSeconds(5));
        Assert.Equal(("0000", "CANCELLED"), (cancelled.Code, cancelled["trade_status"]));
        silence.SetResult();
    }

    /// <summary>
    /// Between the look that finds the wish open and the reversal the trade ends, or its end could not be written down before. An operator's success is one
    /// that the channel may never have told, and would reverse.
    /// </summary>
    [Fact]
    public async Task TradeThatHasEnded_IsNotReversed_WhateverItsWishSays()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Inquire = _ => Unknown;
        TradeNo number = TradeNo.Parse(Encoding.ASCII.GetBytes((await InDoubtAsync(corridor))["trade_no"]));
        var trade = new Trade();
        Assert.True(await corridor.Ledger.FindAsync(number, trade));
        PendingAnswer word = await corridor.Desk.ResolveAsync(number, new PendingDecision(IsSuccess: true, IsConfirmed: true, default), "ann", "their letter");
        Assert.Equal((PendingVerdict.Ended, TradeStatus.Success), (word.Verdict, word.Status));
        // For this it asks the book and nobody else.
        var cancels = new CancelsInDoubt(corridor.Ledger, null!, null!, null!, null!, null!, corridor.Clock);
        Channel channel = corridor.Channels[0];
        var doubt = new Doubt(number, ScanPay.ReferenceOf(trade), trade.ChannelId, trade.InstId);

        Word said = await cancels.AskAsync(channel, doubt, new Turn(number, TimeSpan.Zero, IsUnknownThere: false, WasDueAt: 0));

        Assert.True(said.IsUnasked);
        Assert.Equal((0, 0), (corridor.Told.Reversals, channel.CallsUnderWay));
    }

    private static async Task<string> StatusAsync(TestCorridor corridor, Answered trade) =>
        (await corridor.CallAsync(corridor.Query(("trade_no", trade["trade_no"]))))["trade_status"];

    private static async Task<Answered> AfterAsync(TestCorridor corridor, Task<Answered> call, TimeSpan time)
    {
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(call.IsCompleted), time));
        return await call;
    }

    private static async Task<Answered> InDoubtAsync(TestCorridor corridor)
    {
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        Answered doubt = await corridor.CallAsync(corridor.Payment());
        Assert.Equal("0001", doubt.Code);
        return doubt;
    }
}
