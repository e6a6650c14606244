using System.Net.Security;
using System.Text;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>Numbers used twice, requests that come late, and connections after a refusal of HTTP, from outside.</summary>
[Collection(SandboxFixture.Name)]
public sealed class RepeatedNumberTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task SameReqId_OfOtherContent_IsC004()
    {
        Dictionary<string, string> first = sandbox.Domestic.ScanPay("10.00");
        Assert.Equal("0000", (await sandbox.Domestic.CallAsync(first))["resp_code"]);
        long paysBefore = sandbox.Sandbox.Simulator.PaysReceived;
        Dictionary<string, string> other = sandbox.Domestic.ScanPay("20.00");
        other["req_id"] = first["req_id"];
        IReadOnlyDictionary<string, string> answer = await sandbox.Domestic.CallAsync(other);
        Assert.Equal("C004", answer["resp_code"]);
        Assert.Equal(paysBefore, sandbox.Sandbox.Simulator.PaysReceived);
        Assert.Equal("B006", (await sandbox.Domestic.CallAsync(sandbox.Domestic.Query(other["out_trade_no"])))["resp_code"]);
    }

    [Fact]
    public async Task SameOrder_OfAnotherReqId_IsB005AndShowsTheFirstTrade()
    {
        Dictionary<string, string> first = sandbox.Domestic.ScanPay();
        string tradeNo = (await sandbox.Domestic.CallAsync(first))["trade_no"];
        long paysBefore = sandbox.Sandbox.Simulator.PaysReceived;
        Dictionary<string, string> again = sandbox.Domestic.ScanPay();
        again["out_trade_no"] = first["out_trade_no"];
        IReadOnlyDictionary<string, string> answer = await sandbox.Domestic.CallAsync(again);
        Assert.Equal(("B005", tradeNo), (answer["resp_code"], answer["trade_no"]));
        Assert.Equal(paysBefore, sandbox.Sandbox.Simulator.PaysReceived);
    }

    [Theory]
    [InlineData(-11)]
    [InlineData(11)]
    public async Task Request_SignedButElevenMinutesOff_IsD002(int minutes)
    {
        Dictionary<string, string> payment = sandbox.Domestic.ScanPay();
        payment["req_time"] = DateTime.UtcNow.AddHours(8).AddMinutes(minutes).ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("D002", (await sandbox.Domestic.CallAsync(payment))["resp_code"]);
    }

    [Theory]
    [InlineData(404, "POST /other HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(405, "PUT /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(411, "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n")]
    [InlineData(415, "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(413, "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1048577\r\n\r\n{}")]
    public async Task Connection_AfterARefusalOfHttp_ServesAPayment(int status, string request)
    {
        Assert.Equal(status, (await sandbox.SendRawAsync(Encoding.ASCII.GetBytes(request)))!.Status);
        await using SslStream next = await sandbox.ConnectAsync();
        await next.WriteAsync(TestInstitution.Post(sandbox.Domestic.Sign(sandbox.Domestic.ScanPay())));
        RawAnswer? answer = await SandboxFixture.ReadAnswerAsync(next);
        Assert.Equal("0000", sandbox.Domestic.Verified(answer!.Body)["resp_code"]);
    }
}

/// <summary>What strangers get beyond their budget. A gateway of its own: the budget is for all callers together.</summary>
public sealed class RefusalBudgetTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private const int Connections = 8;
    private const int RefusalsEach = 150;

    [Fact]
    public async Task Refusals_BeyondTheBudget_Are429WithoutABodyAndPaymentsGoOn()
    {
        byte[] stranger = TestInstitution.Post("{}"u8.ToArray());
        SslStream[] connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => sandbox.ConnectAsync()));
        int[] unsigned = await Task.WhenAll(connections.Select(async connection =>
        {
            int seen = 0;
            for (int i = 0; i < RefusalsEach; i++)
            {
                await connection.WriteAsync(stranger);
                RawAnswer answer = (await SandboxFixture.ReadAnswerAsync(connection))!;
                Assert.True(answer.Status is 200 or 429, $"HTTP {answer.Status}");
                Assert.Equal(answer.Status == 429, answer.Body.Length == 0);
                seen += answer.Status == 429 ? 1 : 0;
            }
            return seen;
        }));
        // 1,200 in about a second; the burst of 300 and what comes again meanwhile are signed.
        Assert.True(unsigned.Sum() > 0, "no refusal was beyond the budget");
        foreach (SslStream connection in connections)
        {
            await connection.WriteAsync(TestInstitution.Post(sandbox.Domestic.Sign(sandbox.Domestic.ScanPay())));
            RawAnswer? answer = await SandboxFixture.ReadAnswerAsync(connection);
            Assert.Equal("0000", sandbox.Domestic.Verified(answer!.Body)["resp_code"]);
            await connection.DisposeAsync();
        }
    }
}
