using System.Text;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Wire;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class ReplayTests
{
    [Fact]
    public void FirstFinalAnswer_IsWhatAllLaterOnesMustEqual()
    {
        var firsts = new FirstAnswers(2);

        Assert.False(firsts.Differs(0, """{"resp_code":"0000","resp_id":"1"}"""u8));
        Assert.False(firsts.Differs(2, """{"resp_code":"0000","resp_id":"1"}"""u8));
        Assert.True(firsts.Differs(4, """{"resp_code":"0000","resp_id":"2"}"""u8));
        Assert.Equal(1, firsts.Known);
    }

    [Fact]
    public void StillPending_IsNoFirstAnswer_ButNoLaterOneEither()
    {
        var firsts = new FirstAnswers(1);

        Assert.False(firsts.Differs(0, """{"resp_code":"0001","resp_id":"1"}"""u8));
        Assert.False(firsts.Differs(0, """{"resp_code":"B003","resp_id":"2"}"""u8));
        Assert.True(firsts.Differs(0, """{"resp_code":"0001","resp_id":"3"}"""u8));
    }

    [Fact]
    public async Task ServerThatAnswersARepetitionAnew_IsAMismatch()
    {
        int answers = 0;
        await using var server = new StallingServer(
            TimeSpan.Zero, TimeSpan.Zero, reqId => $$"""{"req_id":"{{reqId}}","resp_code":"0000","resp_id":"{{Interlocked.Increment(ref answers)}}"}""");
        var record = new RunRecord();
        var pack = new Pack([Encoding.ASCII.GetBytes("""{"req_id":"R1"}""")], DateTimeOffset.UnixEpoch);
        await using var run = new LoadRun(new GatewayEndpoint(server.Url, null), 1, record, new AnswerCheck(null, 1, new FirstAnswers(1)));

        await run.ClosedLoopAsync(pack.Repeated(3), 0, TimeSpan.FromSeconds(30), default);

        Assert.Equal(2, record.Mismatches.Count);
    }
}
