using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Host.Simulator;
using Xunit;

namespace HotPath.Host.Tests.Simulator;

public sealed class BooksTests
{
    [Fact]
    public async Task The_same_reference_again_is_answered_alike_and_executed_once()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        ClearingReference reference = channel.Reference(8880);

        ClearingResult first = await channel.PayAsync(reference);
        ClearingResult again = await channel.PayAsync(reference);

        Assert.Equal(first.ChannelTradeNo.ToString(), again.ChannelTradeNo.ToString());
        Assert.Equal([false, true], channel.Lines("pay").Select(line => line.GetProperty("duplicate").GetBoolean()));
    }

    [Fact]
    public async Task The_same_reference_with_another_amount_is_refused_and_stays_in_doubt()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        ClearingReference reference = channel.Reference(8880);
        await channel.PayAsync(reference);

        ClearingReference other = reference with { Amount = new Amount(9990) };

        Assert.Equal(ClearingOutcome.Unknown, (await channel.PayAsync(other)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, await channel.InquireAsync(other));
        await channel.RestartAsync();
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(reference));
    }

    [Fact]
    public async Task What_was_executed_is_known_after_a_restart_and_not_executed_again()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        ClearingReference paid = channel.Reference(8880);
        ClearingReference pending = channel.Reference(8805);
        await channel.PayAsync(paid);
        await channel.PayAsync(pending);

        await channel.RestartAsync();

        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(paid));
        Assert.Equal(ClearingOutcome.Processing, await channel.InquireAsync(pending));
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.PayAsync(paid)).Outcome);
        Assert.True(channel.Lines("pay")[^1].GetProperty("duplicate").GetBoolean());
        channel.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(pending));
        Assert.Equal(ClearingOutcome.Succeeded, await channel.ReverseAsync(paid));
    }

    /// <summary>What a breaker probes a channel with that it has left alone.</summary>
    [Fact]
    public async Task A_sign_of_life_is_given_by_a_channel_that_runs_and_leaves_no_trace_in_its_books()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        await channel.PaidAsync();
        Assert.True(await channel.EchoAsync());
        Assert.Single(channel.Lines("pay"));
        await channel.StopAsync();
        Assert.False(await channel.EchoAsync());
        await channel.StartSimulatorAgainAsync();
    }

    [Fact]
    public async Task A_payment_is_in_the_books_before_it_is_answered()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        Task<ClearingResult>[] answers = [.. Enumerable.Range(0, 500).Select(_ => channel.PayAsync(channel.Reference(8880)))];

        for (int i = 0; i < answers.Length; i++)
        {
            await answers[i];
        }
        Assert.Equal(answers.Length, channel.Lines("pay").Select(line => line.GetProperty("reference").GetString()).Distinct().Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    public async Task A_torn_last_line_is_dropped_and_the_books_go_on_behind_the_whole_ones(int cut)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        ClearingReference whole = channel.Reference(8880);
        ClearingReference torn = channel.Reference(8880);
        await channel.PayAsync(whole);
        await channel.PayAsync(torn);
        await channel.StopAsync();
        using (FileStream file = File.OpenWrite(channel.BooksFile))
        {
            file.SetLength(file.Length - cut);
        }

        await channel.StartSimulatorAgainAsync();

        Assert.Equal(ClearingOutcome.Succeeded, await channel.InquireAsync(whole));
        Assert.Equal(ClearingOutcome.NotFound, await channel.InquireAsync(torn));
        await channel.PayAsync(torn);
        Assert.Equal([false, false], channel.Lines("pay").Select(line => line.GetProperty("duplicate").GetBoolean()));
    }

    [Fact]
    public async Task Damage_before_the_last_line_is_refused_with_its_place()
    {
        string directory = Directory.CreateTempSubdirectory("hotpath-books-").FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "books.jsonl"), "{\"event\":\"pay\",\"refer\n{}\n");

        InvalidDataException refusal = await Assert.ThrowsAsync<InvalidDataException>(
            () => ClearingSimulator.StartAsync(new SimulatorOptions { BooksDirectory = directory }, TimeProvider.System));

        Assert.Contains("line 1", refusal.Message, StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Two_simulators_do_not_share_books()
    {
        string directory = Directory.CreateTempSubdirectory("hotpath-books-").FullName;
        var options = new SimulatorOptions { BooksDirectory = directory };
        await using (await ClearingSimulator.StartAsync(options, TimeProvider.System))
        {
            await Assert.ThrowsAnyAsync<IOException>(() => ClearingSimulator.StartAsync(options, TimeProvider.System));
        }
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"reference\":\"1\",\"amount_minor\":\"1\",\"currency\":\"CNY\"}")]
    [InlineData("{\"reference\":\"2026030112000000000700000001\",\"amount_minor\":\"-1\",\"currency\":\"CNY\"}")]
    [InlineData("{\"reference\":\"2026030112000000000700000001\",\"amount_minor\":\"1\",\"currency\":\"XXX\"}")]
    public async Task A_request_that_names_no_payment_is_refused_and_not_booked(string body)
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        using var http = new HttpClient();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using HttpResponseMessage answer = await http.PostAsync(new Uri(channel.BaseAddress, "v1/pay"), content);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Empty(channel.Lines("pay"));
    }

    [Fact]
    public async Task The_program_says_where_it_listens_and_stops_when_told()
    {
        string directory = Directory.CreateTempSubdirectory("hotpath-books-").FullName;
        using var stop = new CancellationTokenSource();
        await using var output = new StringWriter();

        Task run = SimulatorProgram.RunAsync(new SimulatorOptions { BooksDirectory = directory }, TimeProvider.System, output, stop.Token);
        while (!output.ToString().EndsWith('\n') && !run.IsCompleted)
        {
            await Task.Delay(5);
        }
        await stop.CancelAsync();
        await run;

        Assert.Matches($"^hotpath simulator ready http://127\\.0\\.0\\.1:[1-9][0-9]+ pid {Environment.ProcessId}\\s*$", output.ToString());
        Directory.Delete(directory, recursive: true);
    }
}
