using System.Text;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Wire;
using HotPath.Signing;
using Xunit;

namespace HotPath.LoadTest.Tests;

/// <summary>Does the generator tell the truth? Times here are bounded from below; from above only very generously.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class LoadRunTests
{
    private static readonly AnswerCheck Unverified = new(null, 1);
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StallAfter = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan RunTime = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task OpenLoop_ServerStalls_StallShowsInP99FromIntendedStart()
    {
        RunRecord record = await RunAsync(Stall);

        Assert.Equal(record.Offered, record.Done);
        Assert.True(Latency.Of(record.FromIntended).P99 >= 0.7 * Stall.TotalMilliseconds, $"p99 {Latency.Of(record.FromIntended).P99} ms");
        Assert.True(Latency.Of(record.FromIntended).Max >= 0.9 * Stall.TotalMilliseconds);
    }

    [Fact]
    public async Task OpenLoop_ServerStalls_LatencyFromSendHidesIt()
    {
        // Two connections: two payments feel the stall, hundreds wait behind them and are sent when it is over.
        RunRecord record = await RunAsync(Stall);

        Assert.True(Latency.Of(record.FromSend).P90 < Latency.Of(record.FromIntended).P90 / 2);
    }

    [Fact]
    public async Task OpenLoop_ServerOnTime_ShowsNoStall()
    {
        RunRecord record = await RunAsync(TimeSpan.Zero);

        Assert.Equal(record.Offered, record.Codes["0000"]);
        Assert.True(Latency.Of(record.FromIntended).P50 < Stall.TotalMilliseconds / 4, $"p50 {Latency.Of(record.FromIntended).P50} ms");
    }

    [Fact]
    public async Task OpenLoop_ServerStalls_IsNotTheGeneratorsLag()
    {
        RunRecord record = await RunAsync(Stall);

        // Payments that wait for a busy connection are the server's doing; only the rest may count against the generator.
        Assert.True(Latency.Of(record.SendLag).P90 < Stall.TotalMilliseconds / 4, $"p90 {Latency.Of(record.SendLag).P90} ms");
    }

    [Fact]
    public async Task OpenLoop_ServerGone_EveryArrivalIsCounted()
    {
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero, static _ => throw new IOException("broken"));

        RunRecord record = await RunAsync(server, 50);

        Assert.Equal(record.Offered, record.Codes[RunRecord.NoAnswer]);
        Assert.Equal(record.Offered, record.FromIntended.TotalCount);
    }

    [Fact]
    public async Task ClosedLoop_UsesEachBodyOnce()
    {
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero);
        var record = new RunRecord();
        await using var run = new LoadRun(new GatewayEndpoint(server.Url, null), 4, record, new AnswerCheck(null, 1));

        int used = await run.ClosedLoopAsync(Bodies(100), 0, TimeSpan.FromSeconds(30), default);

        Assert.Equal(100, used);
        Assert.Equal(100, record.Codes["0000"]);
    }

    [Fact]
    public async Task AnswerToAnotherRequest_IsAMismatch()
    {
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero, static _ => """{"req_id":"another","resp_code":"0000"}""");

        RunRecord record = await RunAsync(server, 20);

        Assert.NotEmpty(record.Mismatches);
        Assert.Equal(Verdicts.Mismatch, Verdicts.On(record, Unverified).Verdict);
    }

    [Fact]
    public async Task AnswerWithAWrongSignature_IsAMismatch()
    {
        VerifyingKey gateway = PemKeys.ReadPublic(PemKeys.Generate().PublicPem);
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero, static reqId => $$"""{"req_id":"{{reqId}}","resp_code":"0000","sign":"AAAA"}""");

        RunRecord record = await RunAsync(server, 20, new AnswerCheck(gateway, 1));

        Assert.NotEmpty(record.Mismatches);
    }

    [Fact]
    public async Task FirstAnswerOfARun_IsVerified_HoweverFewThereAre()
    {
        (string privatePem, string publicPem) = PemKeys.Generate();
        SigningKey key = PemKeys.ReadPrivate("gw-1", privatePem);
        await using var server = new StallingServer(TimeSpan.Zero, TimeSpan.Zero, reqId => Signed(key, reqId));
        var record = new RunRecord();
        await using var run = new LoadRun(new GatewayEndpoint(server.Url, null), 1, record, new AnswerCheck(PemKeys.ReadPublic(publicPem), 100));

        // From body 1 on: none of them is the hundredth.
        await run.ClosedLoopAsync(Bodies(10), 1, TimeSpan.FromSeconds(30), default);

        Assert.Empty(record.Mismatches);
        Assert.Equal(1, record.Verified);
    }

    [Fact]
    public void GeneratorLate_RunIsInvalid()
    {
        var record = new RunRecord();
        for (int i = 0; i < 100; i++)
        {
            record.Sent(i < 98 ? 0 : 6_000_000);
        }

        Assert.Equal(Verdicts.Invalid, Verdicts.On(record, Unverified).Verdict);
    }

    private static string Signed(SigningKey key, string reqId)
    {
        byte[] signature = new byte[SigningKey.MaxSignatureLength];
        int length = key.Sign(Encoding.ASCII.GetBytes($"req_id={reqId}&resp_code=0000"), signature);
        return $$"""{"req_id":"{{reqId}}","resp_code":"0000","sign":"{{Convert.ToBase64String(signature, 0, length)}}"}""";
    }

    private static async Task<RunRecord> RunAsync(TimeSpan stall)
    {
        await using var server = new StallingServer(StallAfter, stall);
        return await RunAsync(server, 300);
    }

    private static async Task<RunRecord> RunAsync(StallingServer server, double rate, AnswerCheck? check = null)
    {
        var record = new RunRecord();
        await using var run = new LoadRun(new GatewayEndpoint(server.Url, null), 2, record, check ?? new AnswerCheck(null, 1));
        await run.OpenAsync(default);
        var schedule = new ArrivalSchedule(rate, ArrivalPattern.Poisson, seed: 7);
        await run.OpenLoopAsync(Bodies(schedule.AtMost(RunTime)), 0, schedule, RunTime, default);
        return record;
    }

    private static Pack Bodies(int count) => new(
        [.. Enumerable.Range(0, count).Select(static i => Encoding.ASCII.GetBytes($$"""{"req_id":"R{{i}}"}"""))], DateTimeOffset.UnixEpoch);
}
