using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>What docs/api promises, from the outside: the statuses it lists, and the client that it hands to whoever begins.</summary>
[Collection(SandboxFixture.Name)]
public sealed class ApiReferenceTests(SandboxFixture sandbox)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "api");

    [Fact]
    public async Task EveryStatusOfTheReference_IsAnswered_AndNoOther()
    {
        using JsonDocument openApi = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, "openapi.json")));
        IEnumerable<string> documented = openApi.RootElement.GetProperty("paths").GetProperty("/api").GetProperty("post").GetProperty("responses").EnumerateObject()
            .Select(status => status.Name);
        // These two take time or a crowd: ServerLimitTests, RepeatedNumberTests.
        var seen = new SortedSet<string>(StringComparer.Ordinal) { "408", "429" };
        foreach (string request in (string[])[
            "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "POST /api HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            "GET /api HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n",
            "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\n\r\n",
            "POST /api HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
            "POST /api HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"])
        {
            RawAnswer? answer = await sandbox.SendRawAsync(Encoding.ASCII.GetBytes(request));
            Assert.Equal(answer!.Status == 200, answer.Body.Length > 0);
            seen.Add(answer.Status.ToString(CultureInfo.InvariantCulture));
        }
        Assert.Equal(documented.Order(StringComparer.Ordinal), seen);
    }

    [NodeFact]
    public async Task TheFirstPayment_IsPaid_Declined_OrQueriedUntilItIsFinal()
    {
        (int Exit, string Said)[] runs = await Task.WhenAll(PayAsync("88.80"), PayAsync("1.02"), PayAsync("1.05"));
        Assert.Equal([0, 1, 0], runs.Select(run => run.Exit));
        Assert.Contains("0000", runs[0].Said, StringComparison.Ordinal);
        Assert.Contains("B002", runs[1].Said, StringComparison.Ordinal);
        Assert.Contains("0001", runs[2].Said, StringComparison.Ordinal);
        Assert.Contains("SUCCESS", runs[2].Said, StringComparison.Ordinal);
    }

    // As the reference says it.
    private async Task<(int Exit, string Said)> PayAsync(string amount)
    {
        string institution = Path.Combine(sandbox.Folder, "institutions", sandbox.Overseas.InstId);
        var start = new ProcessStartInfo("node")
        {
            ArgumentList =
            {
                Path.Combine(Folder, "first-payment.mjs"), sandbox.Api.ToString(), sandbox.Overseas.InstId, Path.Combine(institution, "private.pem"),
                Path.Combine(sandbox.Folder, "gateway", "public.pem"), Path.Combine(sandbox.Folder, "tls", "ca.pem"), amount,
            },
            RedirectStandardOutput = true,
        };
        using Process node = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        string said = await node.StandardOutput.ReadToEndAsync(limit.Token);
        await node.WaitForExitAsync(limit.Token);
        return (node.ExitCode, said);
    }
}
