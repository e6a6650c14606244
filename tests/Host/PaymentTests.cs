using Xunit;

namespace HotPath.Host.Tests;

/// <summary>Payments through the front door: TLS, Kestrel, pipeline, ledger, adapter, simulator, and back.</summary>
[Collection(SandboxFixture.Name)]
public sealed class PaymentTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task Pay_ThatSucceeds_IsAnsweredSignedAndFoundAgain()
    {
        Dictionary<string, string> request = sandbox.Domestic.ScanPay("88.80", "HKD");
        IReadOnlyDictionary<string, string> answer = await sandbox.Domestic.CallAsync(request);
        Assert.Equal("0000", answer["resp_code"]);
        Assert.Equal("SUCCESS", answer["trade_status"]);
        Assert.Equal("88.80", answer["total_amount"]);
        Assert.Equal(request["req_id"], answer["req_id"]);

        IReadOnlyDictionary<string, string> found = await sandbox.Domestic.CallAsync(sandbox.Domestic.Query(request["out_trade_no"]));
        Assert.Equal(answer["trade_no"], found["trade_no"]);
        Assert.Equal("SUCCESS", found["trade_status"]);
    }

    /// <summary>A code that a public generator of Thailand's PromptPay made, and one bit of it bent.</summary>
    [Fact]
    public async Task Pay_ByAnEmvCode_IsHeldAgainstIt()
    {
        const string code = "00020101021229370016A000000677010111011300660000000005802TH530376454044.226304E469";
        Dictionary<string, string> With(string amount, string content) => new(sandbox.Domestic.ScanPay(amount, "THB")) { ["qr_type"] = "01", ["qr_content"] = content };

        Assert.EndsWith("qr_content", (await sandbox.Domestic.CallAsync(With("4.22", code[..^1] + "8")))["resp_msg"], StringComparison.Ordinal);
        Assert.EndsWith("qr_content", (await sandbox.Domestic.CallAsync(With("4.23", code)))["resp_msg"], StringComparison.Ordinal);
        Assert.Equal("0000", (await sandbox.Domestic.CallAsync(With("4.22", code)))["resp_code"]);
        Assert.Equal("B005", (await sandbox.Domestic.CallAsync(With("4.22", code)))["resp_code"]);
    }

    [Fact]
    public async Task Pay_SentTwice_IsAnsweredWithTheSameBytes()
    {
        byte[] body = sandbox.Domestic.Sign(sandbox.Domestic.ScanPay());
        long before = sandbox.Sandbox.Simulator.PaysReceived;
        RawAnswer? first = await sandbox.Domestic.PostAsync(body);
        RawAnswer? second = await sandbox.Domestic.PostAsync(body);
        Assert.Equal(first!.Body, second!.Body);
        Assert.Equal(before + 1, sandbox.Sandbox.Simulator.PaysReceived);
    }

    [Theory]
    [InlineData("1.02", "B002", "FAILED")]
    [InlineData("1.04", "B004", "FAILED")]
    [InlineData("1.05", "0001", "PENDING")]
    [InlineData("1.11", "B001", "FAILED")]
    public async Task Pay_ByTheLastDigitsOfItsAmount_EndsAsTheContractSays(string amount, string code, string status)
    {
        IReadOnlyDictionary<string, string> answer = await sandbox.Domestic.CallAsync(sandbox.Domestic.ScanPay(amount));
        Assert.Equal(code, answer["resp_code"]);
        Assert.Equal(status, answer["trade_status"]);
    }

    [Fact]
    public async Task Pay_WhoseClientLeftAtOnce_IsRecordedAllTheSame()
    {
        Dictionary<string, string> request = sandbox.Domestic.ScanPay();
        byte[] body = sandbox.Domestic.Sign(request);
        await using (System.Net.Security.SslStream tls = await sandbox.ConnectAsync())
        {
            await tls.WriteAsync(TestInstitution.Post(body));
        }
        // The same request again: its first sending either came and is replayed, or is executed now. Once either way.
        IReadOnlyDictionary<string, string> answer = sandbox.Domestic.Verified((await sandbox.Domestic.PostAsync(body))!.Body);
        Assert.Equal("0000", answer["resp_code"]);
        IReadOnlyDictionary<string, string> found = await sandbox.Domestic.CallAsync(sandbox.Domestic.Query(request["out_trade_no"]));
        Assert.Equal(answer["trade_no"], found["trade_no"]);
    }

    [Fact]
    public async Task Pay_SignedByAnotherInstitution_IsRefused()
    {
        Dictionary<string, string> request = sandbox.Domestic.ScanPay();
        byte[] body = sandbox.Overseas.Sign(request);
        RawAnswer? answer = await sandbox.Domestic.PostAsync(body);
        Assert.Equal("D001", sandbox.Domestic.Verified(answer!.Body)["resp_code"]);
    }
}
