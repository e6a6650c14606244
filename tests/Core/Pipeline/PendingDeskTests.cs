using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using Microsoft.Extensions.Logging;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Operators' hand on what is PENDING: the channel's word counts for more, and nothing is called failed without proof.</summary>
public class PendingDeskTests
{
    private static readonly ClearingResult Unknown = ClearingResult.Of(ClearingOutcome.Unknown);

    private static readonly PendingDecision Success = new(IsSuccess: true, IsConfirmed: false, default);
    private static readonly PendingDecision Failed = new(IsSuccess: false, IsConfirmed: false, default);

    [Fact]
    public async Task Inquire_AsksNow_AndRecordsWhatTheChannelSays()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Processing);
        PendingAnswer still = await corridor.Desk.InquireAsync(trade, "ann", "the merchant called");
        Assert.Equal((PendingVerdict.StillInDoubt, TradeStatus.Pending, ClearingOutcome.Processing), (still.Verdict, still.Status, still.Said?.Outcome));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        PendingAnswer ended = await corridor.Desk.InquireAsync(trade, "ann", "the merchant called");
        Assert.Equal((PendingVerdict.Ended, TradeStatus.Success), (ended.Verdict, ended.Status));
        Assert.Equal((2, "SUCCESS", 0), (corridor.Told.Inquiries, await StatusAsync(corridor, trade), corridor.Resolver.Count));
        Assert.Equal(PendingVerdict.HasEnded, (await corridor.Desk.InquireAsync(trade, "ann", "again")).Verdict);
        Assert.Equal(PendingVerdict.NotFound, (await corridor.Desk.InquireAsync(new TradeNo(trade.Stamp + 9, trade.Node), "ann", "a typing error")).Verdict);
    }

    /// <summary>FAILED means that provably no money moved: the desk asks for the proof that the resolver asks for.</summary>
    [Fact]
    public async Task Failed_NeedsAReversalThatTheChannelConfirms()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => Unknown;
        Assert.Equal(PendingVerdict.NotProved, (await corridor.Desk.ResolveAsync(trade, Failed, "ann", "they say so")).Verdict);
        Assert.Equal("PENDING", await StatusAsync(corridor, trade));
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Reversed);
        PendingAnswer ended = await corridor.Desk.ResolveAsync(trade, Failed, "ann", "they say so");
        Assert.Equal((PendingVerdict.Ended, TradeStatus.Failed), (ended.Verdict, ended.Status));
        Assert.Equal("FAILED", await StatusAsync(corridor, trade));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Failed_OfWhatTheChannelExecuted_IsASuccess_WhateverTheOperatorSays(bool isConfirmed)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        PendingAnswer answer = await corridor.Desk.ResolveAsync(trade, Failed with { IsConfirmed = isConfirmed }, "ann", "they say so");
        Assert.Equal((PendingVerdict.EndedOtherwise, TradeStatus.Success), (answer.Verdict, answer.Status));
        Assert.Equal("SUCCESS", await StatusAsync(corridor, trade));
    }

    /// <summary>The channel is at it, or has never heard of it; and of what it has never heard of, no letter of theirs is a success.</summary>
    [Theory]
    [InlineData(ClearingOutcome.Processing, false)]
    [InlineData(ClearingOutcome.NotFound, false)]
    [InlineData(ClearingOutcome.NotFound, true)]
    public async Task Success_AgainstTheChannelsWord_IsRefused(ClearingOutcome word, bool isConfirmed)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Inquire = _ => ClearingResult.Of(word);
        PendingAnswer answer = await corridor.Desk.ResolveAsync(trade, Success with { IsConfirmed = isConfirmed }, "ann", "their settlement file");
        Assert.Equal((PendingVerdict.Contradicted, word, "PENDING"), (answer.Verdict, answer.Said?.Outcome, await StatusAsync(corridor, trade)));
    }

    /// <summary>A system that says PROCESSING for ever is ended by its people's word, and by nothing less.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ProcessingForEver_IsEndedByThePeopleWhoKnowMore(bool isSuccess)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Inquire = corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Processing);
        PendingDecision decision = isSuccess ? Success : Failed;
        Assert.Equal(PendingVerdict.Contradicted, (await corridor.Desk.ResolveAsync(trade, decision, "ann", "they say so")).Verdict);
        PendingAnswer answer = await corridor.Desk.ResolveAsync(trade, decision with { IsConfirmed = true }, "ann", "their letter");
        Assert.Equal((PendingVerdict.Ended, isSuccess ? "SUCCESS" : "FAILED"), (answer.Verdict, await StatusAsync(corridor, trade)));

        // Their people were wrong, and their system ends it after all: FAILED is looked at and given back, SUCCESS is contradicted by the payment's own late word.
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : ClearingResult.Of(ClearingOutcome.Succeeded);
        if (isSuccess)
        {
            corridor.Resolver.Adopt(corridor.Channels[0], trade, new ClearingResult(ClearingOutcome.Failed, RespCode.AccountAbnormal, default));
        }
        Assert.True(await corridor.UntilAsync(
            async () => (await corridor.MetricsTextAsync()).Contains($"hotpath_book_disagreements_total{{kind=\"{(isSuccess ? "contradicted" : "surplus")}\"}} 1\n", StringComparison.Ordinal),
            TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task ChannelThatSaysNothing_LeavesItToTheOperator_WhoAnswersForIt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Inquire = _ => Unknown;
        Assert.Equal(PendingVerdict.NotProved, (await corridor.Desk.ResolveAsync(trade, Success, "ann", "their settlement file")).Verdict);
        ShortText number = default;
        number.Set("HK-4711"u8);
        PendingAnswer answer = await corridor.Desk.ResolveAsync(trade, new PendingDecision(true, true, number), "ann", "their settlement file");
        Assert.Equal((PendingVerdict.Ended, TradeStatus.Success), (answer.Verdict, answer.Status));
        var recorded = new Trade();
        Assert.True(await corridor.Ledger.FindAsync(trade, recorded));
        Assert.Equal("HK-4711", recorded.ChannelTradeNo.ToString());
        // Signed and told like every result.
        Answered shown = await corridor.CallAsync(corridor.Query(("trade_no", trade.ToString())));
        Assert.Equal(("0000", "SUCCESS"), (shown.Code, shown["trade_status"]));
    }

    /// <summary>An operator who was mistaken when he called it failed: what the channel executed is found by looking, and given back.</summary>
    [Fact]
    public async Task FailedByAnOperatorsWord_AndExecutedAllTheSame_IsGivenBack()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => Unknown;
        Assert.Equal(PendingVerdict.Ended, (await corridor.Desk.ResolveAsync(trade, Failed with { IsConfirmed = true }, "ann", "their letter")).Verdict);
        corridor.Told.Inquire = asked => asked.IsRefund ? Unknown : ClearingResult.Of(ClearingOutcome.Succeeded);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(!corridor.Told.Refunded.IsEmpty), TimeSpan.FromMinutes(1)));
        Assert.Equal(trade, Assert.Single(corridor.Told.Refunded).Original);
        Assert.Equal("FAILED", await StatusAsync(corridor, trade));
    }

    [Fact]
    public async Task ChannelThatIsLeftAlone_IsNotAsked_AndWhatIsEndedByHand_WaitsForItNoMore()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        await corridor.Breakers.OpenAsync("told", "bob", "their night shift");
        Assert.Equal(PendingVerdict.LeftAlone, (await corridor.Desk.InquireAsync(trade, "ann", "x")).Verdict);
        Assert.Equal(PendingVerdict.LeftAlone, (await corridor.Desk.ResolveAsync(trade, Failed, "ann", "x")).Verdict);
        Assert.Equal((0, 0, 1), (corridor.Told.Inquiries, corridor.Told.Reversals, corridor.Resolver.Count));
        Assert.Equal(PendingVerdict.Ended, (await corridor.Desk.ResolveAsync(trade, Failed with { IsConfirmed = true }, "ann", "their letter")).Verdict);
        Assert.Equal((0, 0, 0), (corridor.Told.Inquiries, corridor.Told.Reversals, corridor.Resolver.Count));
    }

    /// <summary>The resolver was quicker: the operator is told, and his word makes no surplus of what the channel declined.</summary>
    [Theory]
    [InlineData(ClearingOutcome.Failed, PendingVerdict.EndedOtherwise)]
    [InlineData(ClearingOutcome.Succeeded, PendingVerdict.Ended)]
    public async Task ResultThatComesInBetween_Wins_AndTheOperatorIsTold(ClearingOutcome quicker, PendingVerdict told)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.InquireSlowly = async () =>
        {
            corridor.Resolver.Adopt(corridor.Breakers.Channels[0], trade, new ClearingResult(quicker, quicker == ClearingOutcome.Failed ? RespCode.AccountAbnormal : RespCode.None, default));
            while (await StatusAsync(corridor, trade) == "PENDING")
            {
                await Task.Yield();
            }
        };
        corridor.Told.Inquire = _ => Unknown;
        Assert.Equal(told, (await corridor.Desk.ResolveAsync(trade, Success with { IsConfirmed = true }, "ann", "their settlement file")).Verdict);
        Assert.Contains("hotpath_book_disagreements_total{kind=\"surplus\"} 0", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
        Assert.Empty(corridor.Told.Refunded);
    }

    [Fact]
    public async Task RefundInDoubt_IsEndedLikeAPayment_AndFailedGivesItsAmountBack()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered paid = await corridor.CallAsync(corridor.Payment());
        corridor.Told.Refund = _ => Task.FromResult(Unknown);
        Answered refund = await corridor.CallAsync(corridor.Refund(paid, "10.00"));
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Reversed);
        PendingAnswer answer = await corridor.Desk.ResolveAsync(Number(refund["refund_id"]), Failed, "ann", "they say so");
        Assert.Equal((PendingVerdict.Ended, TradeStatus.Failed), (answer.Verdict, answer.Status));
        corridor.Told.Refund = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Refund(paid, "88.80", ("refund_type", "01")))).Code);
    }

    [Fact]
    public async Task Cancel_EndsAsItsTradeDoes_AndNotByHand()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        TradeNo trade = await InDoubtAsync(corridor);
        corridor.Told.Reverse = _ => Unknown;
        Task<Answered> cancelling = Task.Run(() => corridor.CallAsync(corridor.Cancel(("orig_trade_no", trade.ToString()))));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(cancelling.IsCompleted), TimeSpan.FromSeconds(6)));
        IReadOnlyList<PendingLine> all = (await corridor.Desk.ListAsync(default, "told", default, 10))!;
        Assert.Equal([PendingKind.Trade, PendingKind.Cancel], all.Select(line => line.Kind));
        TradeNo cancel = all[1].Number;
        Assert.Equal(trade, all[1].Original);
        Assert.Equal(PendingVerdict.IsCancel, (await corridor.Desk.ResolveAsync(cancel, Failed, "ann", "x")).Verdict);
        // Called failed while a cancel is wished: cancelled, which is what "provably no money moved" is told as then.
        corridor.Told.Reverse = _ => ClearingResult.Of(ClearingOutcome.Reversed);
        PendingAnswer answer = await corridor.Desk.ResolveAsync(trade, Failed, "ann", "x");
        Assert.Equal((PendingVerdict.Ended, TradeStatus.Cancelled), (answer.Verdict, answer.Status));
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Resolver.Count == 0), TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task List_IsOfWhatIsPending_OldestFirst_PageByPage()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        var all = new List<TradeNo>();
        for (int i = 0; i < 15; i++)
        {
            all.Add(await InDoubtAsync(corridor));
            corridor.Clock.Advance(TimeSpan.FromMilliseconds(10));
        }
        await corridor.Desk.ResolveAsync(all[3], Success with { IsConfirmed = true }, "ann", "x");
        var pages = new List<TradeNo>();
        while (await corridor.Desk.ListAsync(pages.LastOrDefault(), channelId: null, default, 4) is { Count: > 0 } page)
        {
            Assert.All(page, line => Assert.Equal(("told", 8_880L, "HKD"), (line.ChannelId.ToString(), line.Amount.MinorUnits, line.Currency.ToString())));
            pages.AddRange(page.Select(line => line.Number));
        }
        Assert.Equal(all.Where(number => number != all[3]), pages);
        Assert.Null(await corridor.Desk.ListAsync(default, "nobody's", default, 10));
        Assert.Empty((await corridor.Desk.ListAsync(default, "told", TimeSpan.FromHours(1), 10))!);
    }

    /// <summary>A channel that left the configuration, with what it has: listed, counted, and alarmed after a day like everything else.</summary>
    [Fact]
    public async Task ChannelThatLeftTheConfiguration_IsListed_AndItsTradesAreAlarmed()
    {
        var gone = new ToldChannel { Pay = _ => Task.FromResult(Unknown) };
        TestCorridor before = await TestCorridor.OpenAsync(others: [gone]);
        TradeNo here = await InDoubtAsync(before);
        before.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.NotDelivered));
        TradeNo there = Number((await before.CallAsync(before.Payment()))["trade_no"]);
        await using TestCorridor corridor = await before.RestartAsync(others: []);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Processing);
        async Task<bool> IsSeenAsync(params string[] lines)
        {
            string text = await corridor.MetricsTextAsync();
            return lines.All(line => text.Contains(line + "\n", StringComparison.Ordinal));
        }
        Assert.True(await corridor.UntilAsync(() => IsSeenAsync("hotpath_pending{channel=\"none\"} 1", "hotpath_pending_overdue{channel=\"none\"} 0"), TimeSpan.FromSeconds(10)));
        Assert.Equal(there, Assert.Single((await corridor.Desk.ListAsync(default, "other-1", default, 10))!).Number);
        Assert.Equal(here, Assert.Single((await corridor.Desk.ListAsync(default, "told", default, 10))!).Number);
        Assert.Empty((await corridor.Desk.ListAsync(there, "other-1", default, 10))!);
        Assert.Null(await corridor.Desk.ListAsync(default, "nobody's", default, 10));

        corridor.Clock.Advance(TimeSpan.FromHours(24));
        Assert.True(await corridor.UntilAsync(
            () => IsSeenAsync("hotpath_pending_overdue{channel=\"none\"} 1", "hotpath_pending_overdue{channel=\"told\"} 1"), TimeSpan.FromSeconds(10)));
        Assert.Contains(corridor.Logs.Of(LogLevel.Error, 201), line => line.Contains($"at channel none are PENDING for more than 24 h, the oldest, {there}, for 24", StringComparison.Ordinal));
        Assert.Contains("hotpath_pending_oldest_seconds{channel=\"none\"} 86", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
    }

    private static async Task<TradeNo> InDoubtAsync(TestCorridor corridor)
    {
        corridor.Told.Pay = _ => Task.FromResult(Unknown);
        corridor.Told.Inquire = _ => Unknown;
        Answered pending = await corridor.CallAsync(corridor.Payment());
        Assert.Equal("0001", pending.Code);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        return Number(pending["trade_no"]);
    }

    private static async Task<string> StatusAsync(TestCorridor corridor, TradeNo trade)
    {
        var found = new Trade();
        Assert.True(await corridor.Ledger.FindAsync(trade, found));
        return Encoding.ASCII.GetString(TradeStatuses.Name(found.Status));
    }

    private static TradeNo Number(string text) => TradeNo.Parse(Encoding.ASCII.GetBytes(text));
}
