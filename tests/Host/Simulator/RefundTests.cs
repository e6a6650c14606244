using System.Text;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Host.Simulator;
using Xunit;

namespace HotPath.Host.Tests.Simulator;

/// <summary>Refunds over HTTP through the adapter that the gateway uses: the outcome table, the guard, and the books behind them.</summary>
public abstract class RefundTests(bool isIso8583)
{
    [Fact]
    public async Task A_refund_of_an_executed_payment_succeeds_and_is_found_afterwards()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync();
        ClearingReference refund = channel.RefundOf(payment, 4000);

        ClearingResult result = await channel.RefundAsync(refund);

        Assert.Equal((ClearingOutcome.Succeeded, "SIM" + refund.TradeNo), (result.Outcome, result.ChannelTradeNo.ToString()));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(refund));
        JsonElement line = channel.Lines("refund").Single();
        Assert.Equal(payment.TradeNo.ToString(), line.GetProperty("original_reference").GetString());
        Assert.True(line.GetProperty("executed").GetBoolean());
    }

    [Theory]
    [InlineData(102, RespCode.InsufficientBalance)]
    [InlineData(103, RespCode.LimitExceeded)]
    [InlineData(104, RespCode.AccountAbnormal)]
    public async Task A_declined_refund_names_its_reason_and_holds_nothing(long amount, RespCode reason)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync();

        ClearingResult result = await channel.RefundAsync(channel.RefundOf(payment, amount));

        Assert.Equal((ClearingOutcome.Failed, reason), (result.Outcome, result.FailCode));
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 10_000))).Outcome);
    }

    [Theory]
    [InlineData(105, ClearingOutcome.Succeeded)]
    [InlineData(106, ClearingOutcome.Failed)]
    public async Task A_pending_refund_gets_its_result_after_five_seconds(long amount, ClearingOutcome final)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference refund = channel.RefundOf(await channel.PaidAsync(), amount);

        Assert.Equal(ClearingOutcome.Processing, (await channel.RefundAsync(refund)).Outcome);
        channel.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(ClearingOutcome.Processing, await channel.InquireAsync(refund));
        channel.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(final, await channel.InquireAsync(refund));
    }

    [Fact]
    public async Task A_slow_refund_is_pending_for_twelve_seconds_and_then_answered()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference refund = channel.RefundOf(await channel.PaidAsync(), 107);

        Task<ClearingResult> answer = await channel.BookAsync(refund);
        channel.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ClearingOutcome.Processing, await channel.InquireAsync(refund));

        Assert.Equal(ClearingOutcome.Succeeded, (await channel.AdvanceUntilAnsweredAsync(answer, TimeSpan.FromSeconds(60))).Outcome);
    }

    [Theory]
    [InlineData(108, ClearingOutcome.NotFound, false)]
    [InlineData(109, ClearingOutcome.Succeeded, true)]
    [InlineData(110, ClearingOutcome.NotFound, false)]
    public async Task An_error_and_silence_say_nothing_about_whether_money_went_back(long amount, ClearingOutcome truth, bool isExecuted)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference refund = channel.RefundOf(await channel.PaidAsync(), amount);

        // The error is an answer; of the others there is none.
        Assert.Equal(ClearingOutcome.Unknown, (await (amount == 108 ? channel.RefundAsync(refund) : channel.UnansweredAsync(refund))).Outcome);
        Assert.Equal(truth, await channel.InquireAsync(refund));
        Assert.Equal(isExecuted, channel.Lines("refund").Single().GetProperty("executed").GetBoolean());
    }

    [Fact]
    public async Task Refunds_together_never_exceed_the_payment_and_the_last_minor_unit_still_goes_back()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(10_000);

        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 9_999))).Outcome);
        ClearingResult tooMuch = await channel.RefundAsync(channel.RefundOf(payment, 2));
        ClearingResult last = await channel.RefundAsync(channel.RefundOf(payment, 1));
        ClearingResult none = await channel.RefundAsync(channel.RefundOf(payment, 1));

        Assert.Equal((ClearingOutcome.Failed, RespCode.RefundAmountExceeded), (tooMuch.Outcome, tooMuch.FailCode));
        Assert.Equal(ClearingOutcome.Succeeded, last.Outcome);
        Assert.Equal((ClearingOutcome.Failed, RespCode.RefundAmountExceeded), (none.Outcome, none.FailCode));
    }

    [Fact]
    public async Task Of_refunds_that_race_for_the_rest_no_more_is_executed_than_was_paid()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(10_000);

        ClearingResult[] results = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => channel.RefundAsync(channel.RefundOf(payment, 700))));

        Assert.Equal(14, results.Count(result => result.Outcome == ClearingOutcome.Succeeded));
        Assert.Equal(50, results.Count(result => result is { Outcome: ClearingOutcome.Failed, FailCode: RespCode.RefundAmountExceeded }));
        Assert.Equal(14, channel.Lines("refund").Count(line => line.GetProperty("executed").GetBoolean()));
    }

    [Fact]
    public async Task A_pending_refund_holds_its_amount_until_it_is_stopped()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(10_000);
        ClearingReference pending = channel.RefundOf(payment, 9_905);
        await channel.RefundAsync(pending);

        Assert.Equal(RespCode.RefundAmountExceeded, (await channel.RefundAsync(channel.RefundOf(payment, 96))).FailCode);
        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(pending));
        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(pending));
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 10_000))).Outcome);

        channel.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(pending));
        Assert.Equal(RespCode.RefundAmountExceeded, (await channel.RefundAsync(channel.RefundOf(payment, 1))).FailCode);
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("declined")]
    [InlineData("pending")]
    [InlineData("reversed")]
    [InlineData("blocked")]
    [InlineData("other currency")]
    [InlineData("a refund itself")]
    public async Task Money_that_was_not_paid_does_not_go_back(string payment)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference original = channel.Reference(payment switch { "declined" => 1004, "pending" or "reversed" => 1005, _ => 1000 });
        if (payment is "a refund itself")
        {
            original = channel.RefundOf(await channel.PaidAsync(), 1000);
            await channel.RefundAsync(original);
        }
        else if (payment is not ("unknown" or "blocked"))
        {
            await channel.PayAsync(original);
        }
        if (payment is "reversed" or "blocked")
        {
            Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(original));
        }
        ClearingReference refund = channel.RefundOf(original, 100);
        refund = payment == "other currency" ? refund with { Currency = Currency.Parse("HKD") } : refund;

        ClearingResult result = await channel.RefundAsync(refund);

        Assert.Equal((ClearingOutcome.Failed, RespCode.TradeStateForbids), (result.Outcome, result.FailCode));
        Assert.Equal(ClearingOutcome.Failed, await channel.InquireAsync(refund));
        JsonElement line = channel.Lines("refund")[^1];
        Assert.False(line.GetProperty("executed").GetBoolean());
        Assert.Equal("ORIGINAL_NOT_EXECUTED", line.GetProperty("decline_code").GetString());
        Assert.Equal(RespCode.TradeStateForbids, (await channel.RefundAsync(refund)).FailCode);
        await channel.RestartAsync();
        Assert.Equal(RespCode.TradeStateForbids, (await channel.RefundAsync(refund)).FailCode);
    }

    [Fact]
    public async Task A_payment_whose_money_went_back_is_not_reversed_any_more_even_over_a_restart()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = channel.Reference(8805);
        await channel.PayAsync(payment);
        channel.Clock.Advance(TimeSpan.FromSeconds(6));
        // Nobody was told that it succeeded, and nobody needs to have been.
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 100))).Outcome);

        Assert.Equal(ClearingOutcome.Succeeded, await channel.ReverseAsync(payment));
        await channel.RestartAsync();
        Assert.Equal(ClearingOutcome.Succeeded, await channel.ReverseAsync(payment));
    }

    [Fact]
    public async Task The_same_refund_again_is_answered_alike_and_executed_once()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(10_000);
        ClearingReference refund = channel.RefundOf(payment, 6_000);

        ClearingResult first = await channel.RefundAsync(refund);
        ClearingResult again = await channel.RefundAsync(refund);

        Assert.Equal(first.ChannelTradeNo.ToString(), again.ChannelTradeNo.ToString());
        Assert.Equal([false, true], channel.Lines("refund").Select(line => line.GetProperty("duplicate").GetBoolean()));
        // Held once: the rest is still there.
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 4_000))).Outcome);
    }

    [Fact]
    public async Task A_reference_is_given_once_whatever_for_and_other_content_is_refused_and_changes_nothing()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(10_000);
        ClearingReference other = await channel.PaidAsync(10_000);
        ClearingReference refund = channel.RefundOf(payment, 6_000);
        await channel.RefundAsync(refund);
        ClearingReference[] wrong =
        [
            refund with { Amount = new Amount(10_000) },
            refund with { Currency = Currency.Parse("HKD") },
            refund with { Original = other.TradeNo },
            refund with { Original = default },
            payment with { Original = other.TradeNo },
        ];

        foreach (ClearingReference reference in wrong)
        {
            Assert.Equal(ClearingOutcome.Unknown, (await (reference.IsRefund ? channel.RefundAsync(reference) : channel.PayAsync(reference))).Outcome);
            Assert.Equal(ClearingOutcome.Unknown, await channel.InquireAsync(reference));
            Assert.Equal(ClearingOutcome.Unknown, await channel.ReverseAsync(reference));
        }

        Assert.All(channel.Lines("refund").Skip(1), line => Assert.Equal("OTHER_CONTENT", line.GetProperty("result").GetString()));
        await channel.RestartAsync();
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(payment));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(refund));
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(other, 10_000))).Outcome);
    }

    [Theory]
    [InlineData("v1/pay", ",\"original_reference\":\"2026030112000000000700000001\"")]
    [InlineData("v1/refund", "")]
    [InlineData("v1/refund", ",\"original_reference\":\"1\"")]
    [InlineData("v1/refund", ",\"original_reference\":\"2026030112000000000700000002\"")]
    [InlineData("v1/reverse", ",\"original_reference\":null")]
    public async Task A_request_that_contradicts_itself_is_refused_and_not_booked(string path, string more)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        using var http = new HttpClient();
        string body = $$"""{"reference":"2026030112000000000700000002","amount_minor":"1","currency":"CNY"{{more}}}""";
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using HttpResponseMessage answer = await http.PostAsync(new Uri(channel.BaseAddress, path), content);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal(0, new FileInfo(channel.BooksFile).Length);
    }
}

public sealed class HttpRefundTests() : RefundTests(isIso8583: false);

public sealed class Iso8583RefundTests() : RefundTests(isIso8583: true);
