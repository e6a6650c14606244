using System.Net.Security;
using System.Text;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>The promise that matters most: one req_id is one payment, however many connections bring it at once.</summary>
[Collection(SandboxFixture.Name)]
public sealed class SameReqIdTests(SandboxFixture sandbox)
{
    private const int Connections = 64;
    private const int Rounds = 200;

    [Fact]
    public async Task SameReqId_On64ConnectionsAtOnce_200Times_IsOneDispatchEach()
    {
        SslStream[] connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => sandbox.ConnectAsync()));
        long paysBefore = sandbox.Sandbox.Simulator.PaysReceived;
        for (int round = 0; round < Rounds; round++)
        {
            Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
            byte[] request = TestInstitution.Post(sandbox.Domestic.Sign(payment));
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<RawAnswer?>[] calls = [.. connections.Select(async connection =>
            {
                await start.Task;
                await connection.WriteAsync(request);
                return await SandboxFixture.ReadAnswerAsync(connection);
            })];
            start.SetResult();
            RawAnswer?[] answers = await Task.WhenAll(calls);

            var finals = new HashSet<string>();
            var tradeNos = new HashSet<string>();
            foreach (RawAnswer? answer in answers)
            {
                IReadOnlyDictionary<string, string> members = sandbox.Domestic.Verified(answer!.Body);
                tradeNos.Add(members["trade_no"]);
                if (members["trade_status"] == "SUCCESS")
                {
                    finals.Add(Encoding.UTF8.GetString(answer.Body));
                }
                else
                {
                    Assert.Equal(("0001", "PENDING"), (members["resp_code"], members["trade_status"]));
                }
            }
            Assert.Single(tradeNos);
            Assert.Single(finals);
        }
        Assert.Equal(paysBefore + Rounds, sandbox.Sandbox.Simulator.PaysReceived);
        foreach (SslStream connection in connections)
        {
            await connection.DisposeAsync();
        }
    }
}
