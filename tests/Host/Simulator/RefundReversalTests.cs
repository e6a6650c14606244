using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Host.Simulator;
using Xunit;

namespace HotPath.Host.Tests.Simulator;

/// <summary>What makes "not found" proof for refunds, and what the books know of them when they are opened again.</summary>
public abstract class RefundReversalTests(bool isIso8583)
{
    [Theory]
    [InlineData(1000, false)]
    [InlineData(1000, true)]
    [InlineData(1012, true)]
    public async Task A_reversal_that_comes_before_its_refund_blocks_the_refund_for_ever_and_holds_nothing(long amount, bool isRestarted)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(2000);
        ClearingReference refund = channel.RefundOf(payment, amount);

        Assert.Equal(ClearingOutcome.NotFound, await channel.InquireAsync(refund));
        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(refund));
        if (isRestarted)
        {
            await channel.RestartAsync();
        }

        Assert.Equal(ClearingOutcome.Reversed, (await channel.RefundAsync(refund)).Outcome);
        channel.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(refund));
        Assert.False(channel.Lines("refund").Single().GetProperty("executed").GetBoolean());
        await channel.RestartAsync();
        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(refund));
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 2000))).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refund_that_was_executed_is_not_undone_although_nobody_was_told(bool isRestarted)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(2000);
        ClearingReference refund = channel.RefundOf(payment, 1009);
        Assert.Equal(ClearingOutcome.Unknown, (await channel.UnansweredAsync(refund)).Outcome);
        if (isRestarted)
        {
            await channel.RestartAsync();
        }

        Assert.Equal(ClearingOutcome.Succeeded, await channel.ReverseAsync(refund));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(refund));
        Assert.Equal(RespCode.RefundAmountExceeded, (await channel.RefundAsync(channel.RefundOf(payment, 992))).FailCode);
    }

    [Fact]
    public async Task The_liar_confirms_a_refunds_reversal_and_executes_it_all_the_same_within_what_was_paid()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(2000);
        ClearingReference refund = channel.RefundOf(payment, 1012);

        Assert.Equal(ClearingOutcome.Unknown, (await channel.UnansweredAsync(refund)).Outcome);
        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(refund));
        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(refund));
        // Whoever believed it asks again, and the clearing house's guard still knows better.
        Assert.Equal(RespCode.RefundAmountExceeded, (await channel.RefundAsync(channel.RefundOf(payment, 1011))).FailCode);
        channel.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(refund));
        await channel.RestartAsync();
        Assert.Equal(RespCode.RefundAmountExceeded, (await channel.RefundAsync(channel.RefundOf(payment, 1011))).FailCode);
    }

    [Fact]
    public async Task A_payment_that_was_executed_against_its_reversal_can_be_given_back()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = channel.Reference(8812);
        await channel.UnansweredAsync(payment);
        Assert.Equal(ClearingOutcome.Reversed, await channel.ReverseAsync(payment));
        ClearingReference refund = channel.RefundOf(payment, 8800);
        Assert.Equal(RespCode.TradeStateForbids, (await channel.RefundAsync(refund)).FailCode);

        channel.Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 8800))).Outcome);
        // The first one keeps its first outcome.
        Assert.Equal(RespCode.TradeStateForbids, (await channel.RefundAsync(refund)).FailCode);
    }

    [Fact]
    public async Task What_went_back_and_what_is_held_is_known_after_a_restart()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(10_000);
        ClearingReference done = channel.RefundOf(payment, 5_000);
        ClearingReference pending = channel.RefundOf(payment, 3_005);
        ClearingReference stopped = channel.RefundOf(payment, 1_905);
        ClearingReference tooMuch = channel.RefundOf(payment, 9_000);
        foreach (ClearingReference refund in new[] { done, pending, stopped, tooMuch })
        {
            await channel.RefundAsync(refund);
        }
        await channel.ReverseAsync(stopped);

        await channel.RestartAsync();

        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(done)).Outcome);
        Assert.True(channel.Lines("refund")[^1].GetProperty("duplicate").GetBoolean());
        Assert.Equal(ClearingOutcome.Processing, await channel.InquireAsync(pending));
        Assert.Equal(ClearingOutcome.Reversed, await channel.InquireAsync(stopped));
        Assert.Equal(RespCode.RefundAmountExceeded, (await channel.RefundAsync(tooMuch)).FailCode);
        Assert.Equal(RespCode.RefundAmountExceeded, (await channel.RefundAsync(channel.RefundOf(payment, 1_996))).FailCode);
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(channel.RefundOf(payment, 1_995))).Outcome);
        channel.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(pending));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.ReverseAsync(pending));
    }

    [Fact]
    public async Task A_torn_refund_is_dropped_and_its_amount_with_it()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        ClearingReference payment = await channel.PaidAsync(10_000);
        ClearingReference torn = channel.RefundOf(payment, 10_000);
        await channel.RefundAsync(torn);
        await channel.StopAsync();
        long whole = File.ReadAllLines(channel.BooksFile)[0].Length + 1;
        for (long length = new FileInfo(channel.BooksFile).Length - 1; length >= whole; length -= 17)
        {
            using (FileStream file = File.OpenWrite(channel.BooksFile))
            {
                file.SetLength(length);
            }
            await channel.StartSimulatorAgainAsync();
            Assert.Equal(ClearingOutcome.NotFound, await channel.InquireAsync(torn));
            await channel.StopAsync();
        }

        await channel.StartSimulatorAgainAsync();
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.RefundAsync(torn)).Outcome);
        Assert.False(channel.Lines("refund").Single().GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task Books_from_before_there_were_refunds_are_read_and_their_payments_can_be_given_back()
    {
        string directory = Directory.CreateTempSubdirectory("hotpath-books-").FullName;
        const string Paid = "2026030112000000000700000001";
        const string Reversed = "2026030112000000000700000002";
        // As release 0.1 wrote them.
        await File.WriteAllTextAsync(
            Path.Combine(directory, "books.jsonl"),
            Line("pay", Paid, "SUCCESS", isExecuted: true) + Line("pay", Reversed, "SUCCESS", isExecuted: true) + Line("reverse", Reversed, "REVERSED", isExecuted: false));
        var books = new Books(directory, TimeSpan.FromSeconds(15), TimeProvider.System);
        var refund = new ClearingReference(TradeNo.Parse("2026030112000000000700000003"u8), new Amount(8880), Currency.Parse("CNY"), TradeNo.Parse("2026030112000000000700000001"u8));

        await books.Receive(refund, TimeSpan.Zero).Written;
        await books.Receive(refund with { TradeNo = TradeNo.Parse("2026030112000000000700000004"u8), Original = TradeNo.Parse("2026030112000000000700000002"u8) }, TimeSpan.Zero).Written;

        string[] lines = await File.ReadAllLinesAsync(Path.Combine(directory, "books.jsonl"));
        Assert.Contains("\"result\":\"SUCCESS\"", lines[3], StringComparison.Ordinal);
        Assert.Contains("ORIGINAL_NOT_EXECUTED", lines[4], StringComparison.Ordinal);
        await books.DisposeAsync();
        Directory.Delete(directory, recursive: true);

        static string Line(string what, string reference, string result, bool isExecuted) =>
            $$"""{"event":"{{what}}","at_ms":1772337600000,"reference":"{{reference}}","amount_minor":"8880","currency":"CNY","result":"{{result}}","executed":{{(isExecuted ? "true" : "false")}},"duplicate":false,"due_ms":1772337600000}""" + "\n";
    }

    [Theory]
    [InlineData("\"event\":\"refund\"", "\"event\":\"chargeback\"")]
    [InlineData("\"duplicate\":false", "\"duplicate\":false,\"decline_code\":\"OTHER\"")]
    [InlineData("\"original_reference\":\"2026", "\"original_reference\":\"2027")]
    public async Task Books_that_say_what_cannot_be_are_refused_with_the_place(string was, string became)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(isIso8583: isIso8583);
        await channel.RefundAsync(channel.RefundOf(await channel.PaidAsync(), 100));
        await channel.StopAsync();
        string[] lines = await File.ReadAllLinesAsync(channel.BooksFile);
        Assert.Contains(was, lines[1], StringComparison.Ordinal);
        await File.WriteAllTextAsync(channel.BooksFile, $"{lines[0]}\n{lines[1].Replace(was, became, StringComparison.Ordinal)}\n");

        InvalidDataException refusal = await Assert.ThrowsAsync<InvalidDataException>(channel.StartSimulatorAgainAsync);

        Assert.Contains("line 2", refusal.Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(channel.BooksFile, $"{lines[0]}\n{lines[1]}\n");
        await channel.StartSimulatorAgainAsync();
    }
}

public sealed class HttpRefundReversalTests() : RefundReversalTests(isIso8583: false);

public sealed class Iso8583RefundReversalTests() : RefundReversalTests(isIso8583: true);
