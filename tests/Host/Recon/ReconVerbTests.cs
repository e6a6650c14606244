using System.Globalization;
using System.Net;
using System.Text.Json;
using Xunit;

namespace HotPath.Host.Tests.Recon;

/// <summary><c>hotpath recon</c> against a running gateway: the day before yesterday, on which nobody paid.</summary>
[Collection(SandboxFixture.Name)]
public sealed class ReconVerbTests(SandboxFixture sandbox) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    // In Beijing, and ready whatever the hour is.
    private static string Day => DateTimeOffset.UtcNow.AddHours(8).AddDays(-2).ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private string Url => sandbox.Api.ToString();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AnInstitution_FetchesComparesAndSendsTheResult()
    {
        string file = Path.Combine(_folder.Path, $"HP_CN000001_{Day}_TRADE.csv");
        CommandLineRun download = await CommandLineRun.RunAsync("recon", "download", "--date", Day, "--out", file, "--url", Url, "--data", sandbox.Folder);
        Assert.True(download.ExitCode == 0, download.Error);
        Assert.EndsWith("<END>,0,\n", await File.ReadAllTextAsync(file), StringComparison.Ordinal);

        string list = _folder.Write("mine.csv", "out_trade_no,amount,currency\nA-1,88.80,CNY\n");
        string result = Path.Combine(_folder.Path, "result.json");
        CommandLineRun diff = await CommandLineRun.RunAsync("recon", "diff", list, file, "--inst", "CN000001", "--out", result);
        Assert.Equal(1, diff.ExitCode);
        Assert.Contains("""{"out_trade_no":"A-1","diff_type":"02","inst_amount":"88.80","currency":"CNY"}""", diff.Output, StringComparison.Ordinal);
        Assert.Contains("recon_result 02: 1 rows, 1 differences, 1 of them listed", diff.Output, StringComparison.Ordinal);

        CommandLineRun upload = await CommandLineRun.RunAsync("recon", "upload", result, "--url", Url, "--data", sandbox.Folder);
        Assert.True(upload.ExitCode == 0, upload.Output);
        using JsonDocument exchange = JsonDocument.Parse(upload.Output);
        Assert.Equal("""["CONFIRMED"]""", exchange.RootElement.GetProperty("answer").GetProperty("diff_check").GetString());

        CommandLineRun empty = await CommandLineRun.RunAsync("recon", "diff", _folder.Write("none.csv", "trade_no,amount,currency\n"), file);
        Assert.Equal((0, "recon_result 01: 0 rows, 0 differences, 0 of them listed"), (empty.ExitCode, empty.Output.TrimEnd()));
    }

    [Fact]
    public async Task AThousandDifferences_GoInOneBody_AndAThousandWordsComeBack()
    {
        string file = Path.Combine(_folder.Path, $"HP_HK000001_{Day}_TRADE.csv");
        string[] who = ["--inst", "HK000001", "--url", Url, "--data", sandbox.Folder];
        Assert.Equal(0, (await CommandLineRun.RunAsync(["recon", "download", "--date", Day, "--out", file, .. who])).ExitCode);
        IEnumerable<string> rows = Enumerable.Range(0, 1_000).Select(n => $"{new string('A', 60)}{n:D4},1.00,CNY\n");
        string result = Path.Combine(_folder.Path, "result.json");
        Assert.Equal(1, (await CommandLineRun.RunAsync("recon", "diff", _folder.Write("mine.csv", "out_trade_no,amount,currency\n" + string.Concat(rows)), file, "--out", result)).ExitCode);
        Assert.InRange(new FileInfo(result).Length, 100_000, 1_000_000);
        CommandLineRun upload = await CommandLineRun.RunAsync(["recon", "upload", result, .. who]);
        Assert.True(upload.ExitCode == 0, upload.Error);
        using JsonDocument exchange = JsonDocument.Parse(upload.Output);
        string told = exchange.RootElement.GetProperty("answer").GetProperty("diff_check").GetString()!;
        Assert.Equal(1_000, JsonSerializer.Deserialize<string[]>(told)!.Count(word => word == "CONFIRMED"));
    }

    [Fact]
    public async Task WhatCannotBeCompared_IsAQuestionOfUsage()
    {
        string file = _folder.Write("HP_CN000001_20260919_TRADE.csv", "trade_no,out_trade_no,total_amount,currency\n<END>,0,\n");
        string list = _folder.Write("mine.csv", "trade_no,currency\n");
        Assert.Equal(2, (await CommandLineRun.RunAsync("recon", "diff", list, file)).ExitCode);
        Assert.Equal(2, (await CommandLineRun.RunAsync("recon", "diff", list, file, "--inst", "HK000001")).ExitCode);
        Assert.Equal(2, (await CommandLineRun.RunAsync("recon", "diff", list, list)).ExitCode);
        Assert.Equal(2, (await CommandLineRun.RunAsync("recon", "diff", file, _folder.Path + "/none.csv")).ExitCode);
        Assert.Equal(2, (await CommandLineRun.RunAsync("recon", "download", "--date", "20260230")).ExitCode);
    }

    [Fact]
    public async Task ADayNotReady_IsToldAsRefused()
    {
        string tomorrow = DateTimeOffset.UtcNow.AddHours(8).AddDays(1).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        CommandLineRun download = await CommandLineRun.RunAsync("recon", "download", "--date", tomorrow, "--url", Url, "--data", sandbox.Folder);
        Assert.Equal(1, download.ExitCode);
        Assert.Contains("B012", download.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnOperator_BuildsADay_AndBuildsItAgainTheSame()
    {
        string day = DateTimeOffset.UtcNow.AddHours(8).AddDays(-3).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        string admin = sandbox.Admin.ToString();
        CommandLineRun built = await CommandLineRun.RunAsync("recon", "build", "--date", day, "--admin", admin);
        Assert.True(built.ExitCode == 0, built.Error);
        Assert.Contains("\"files\":4,\"built\":4,\"same\":0", built.Output, StringComparison.Ordinal);
        CommandLineRun again = await CommandLineRun.RunAsync("recon", "build", "--date", day, "--inst", "HK000001", "--admin", admin);
        Assert.Contains("\"files\":2,\"built\":0,\"same\":2", again.Output, StringComparison.Ordinal);
        string today = DateTimeOffset.UtcNow.AddHours(8).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        Assert.Equal(1, (await CommandLineRun.RunAsync("recon", "build", "--date", today, "--admin", admin)).ExitCode);
        Assert.Equal(1, (await CommandLineRun.RunAsync("recon", "build", "--date", day, "--inst", "NOBODY", "--admin", admin)).ExitCode);
        CommandLineRun nobody = await CommandLineRun.RunAsync("recon", "build", "--date", day, "--admin", "http://127.0.0.1:1");
        Assert.Equal(3, nobody.ExitCode);
        Assert.Contains("is it running", nobody.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://192.0.2.1:9464")]
    [InlineData("http://gateway.example:9464")]
    [InlineData("https://127.0.0.1:9464")]
    [InlineData("127.0.0.1")]
    public async Task AnAdminListenerOfAnotherMachine_IsAQuestionOfUsage(string admin)
    {
        CommandLineRun run = await CommandLineRun.RunAsync("recon", "build", "--date", Day, "--admin", admin);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"--admin {admin} is not an http address of this machine", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAdminListenerThatSaysNothing_IsNotWaitedForLongerThanTenSeconds()
    {
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        CommandLineRun run = await CommandLineRun.RunAsync("recon", "build", "--date", Day, "--admin", $"http://{silent.LocalEndpoint}");
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.Equal("hotpath: no answer within 10 s: whether it was done is unknown, ask again", run.Error.TrimEnd());
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("1", "https://evil.example", null)]
    [InlineData("1", "null", null)]
    [InlineData("1", null, "evil.example")]
    public async Task AWishFromAPage_BuildsNothing(string? header, string? origin, string? host)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(sandbox.Admin, $"/recon/build?date={Day}"));
        foreach ((string name, string? value) in (ReadOnlySpan<(string, string?)>)[("X-HotPath-Admin", header), ("Origin", origin), ("Host", host)])
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }
}
