using System.Text.Json;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using Xunit;

namespace HotPath.Host.Tests;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.

/// <summary><c>hotpath journal</c> on what a sandbox has left: the commands of docs/runbooks/journal-damaged.md.</summary>
public sealed class JournalVerbTests(StoppedSandbox stopped) : IClassFixture<StoppedSandbox>
{
    private readonly TemporaryFolder _folder = stopped.Folder;
    private readonly List<string> _tradeNos = stopped.TradeNos;

    [Fact]
    public async Task Dump_ShowsEveryTradeForPeople()
    {
        CommandLineRun run = await RunAsync("dump", _folder.Path);
        Assert.Equal(0, run.ExitCode);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("clean", lines[^1]);
        Assert.Contains(lines, line => line.Contains(" ACCEPTED journal-0000000000.seg@", StringComparison.Ordinal) &&
            line.Contains($"trade_no={_tradeNos[2]} inst_id=CN000001 ", StringComparison.Ordinal) && line.Contains("total_amount=88.80 currency=CNY", StringComparison.Ordinal) &&
            line.EndsWith(" merchant_name=\"SHOP 138****5678\" merchant_city=HK", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains(" RESULT ", StringComparison.Ordinal) && line.Contains($"trade_no={_tradeNos[0]} trade_status=SUCCESS resp_code=0000", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains($"trade_no={_tradeNos[1]} trade_status=FAILED resp_code=B002", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DumpJson_IsOneObjectALine_WithoutSignaturesAndCodes()
    {
        CommandLineRun run = await RunAsync("dump", _folder.Path, "--json");
        JsonElement[] lines = [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
        JsonElement[] accepted = [.. lines.Where(line => line.GetProperty("type").GetString() == "ACCEPTED")];
        Assert.Equal(_tradeNos, accepted.Select(line => line.GetProperty("trade_no").GetString()));
        Assert.Equal(["1.00", "2.02", "88.80"], accepted.Select(line => line.GetProperty("total_amount").GetString()));
        Assert.Equal("clean", lines[^1].GetProperty("verdict").GetString());
        string[] names = [.. lines.SelectMany(line => line.EnumerateObject()).Select(member => member.Name).Distinct()];
        Assert.DoesNotContain(names, name => name.Contains("sign", StringComparison.Ordinal) || name.Contains("qr", StringComparison.Ordinal) ||
            name.Contains("digest", StringComparison.Ordinal) || name.Contains("fingerprint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dump_OfOneTrade_ShowsItsRecordsOnly()
    {
        CommandLineRun run = await RunAsync("dump", _folder.Path, "--trade", _tradeNos[0]);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(lines[..2], line => Assert.Contains(_tradeNos[0], line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Dump_FromAndTo_ShowsTheseRecordsOnly()
    {
        CommandLineRun run = await RunAsync("dump", _folder.Path, "--from", "2", "--to", "4");
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["2", "3", "4", "clean"], lines.Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task DamagedJournal_IsVerifiedDumpedCutAndOpensAgain()
    {
        using var folder = new TemporaryFolder();
        foreach (string path in Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(folder.Path, Path.GetRelativePath(_folder.Path, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
        string segment = Path.Combine(folder.Path, "journal", "journal-0000000000.seg");
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        JsonElement broken = await FindAsync("ACCEPTED", _tradeNos[2]);
        bytes[broken.GetProperty("offset").GetInt32() + 40] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);

        CommandLineRun verified = await RunAsync("verify", folder.Path);
        Assert.Equal(1, verified.ExitCode);
        string first = verified.Output.Split('\n').Single(line => line.StartsWith("first damaged record: ", StringComparison.Ordinal)).Split(": ")[1];
        Assert.Contains("damaged: journal-0000000000.seg at offset ", verified.Output, StringComparison.Ordinal);

        CommandLineRun dumped = await RunAsync("dump", folder.Path, "--json");
        Assert.Equal(1, dumped.ExitCode);
        Assert.Contains("\"type\":\"SKIPPED\"", dumped.Output, StringComparison.Ordinal);
        Assert.Contains(dumped.Output.Split('\n'), line => line.Contains("RESULT", StringComparison.Ordinal) && line.Contains(_tradeNos[2], StringComparison.Ordinal));

        string after = (long.Parse(first, System.Globalization.CultureInfo.InvariantCulture) - 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        CommandLineRun unread = await RunAsync("cut", folder.Path, "--after", after);
        Assert.Equal(2, unread.ExitCode);
        Assert.Contains("docs/runbooks/journal-damaged.md", unread.Error, StringComparison.Ordinal);
        CommandLineRun cut = await RunAsync("cut", folder.Path, "--after", after, "--i-have-read-the-runbook");
        Assert.Equal(0, cut.ExitCode);
        Assert.Equal(0, (await RunAsync("verify", folder.Path)).ExitCode);
        string kept = Directory.GetDirectories(folder.Path, "cut-*").Single();
        Assert.Contains(_tradeNos[2], (await RunAsync("dump", kept, "--from", first)).Output, StringComparison.Ordinal);

        await using SandboxGateway again = await SandboxFixture.StartAsync(folder.Path);
        using InstitutionClient client = again.NewClient("CN000001");
        Assert.Equal("B006", (await client.CallAsync(Query(_tradeNos[2]))).RespCode);
        Assert.Equal("0000", (await client.CallAsync(Query(_tradeNos[0]))).RespCode);
    }

    [Fact]
    public async Task Cut_WhereNothingIs_SaysWhyAndIs1()
    {
        CommandLineRun run = await RunAsync("cut", _folder.Path, "--after", "999999", "--i-have-read-the-runbook");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("nothing was cut: ", run.Output, StringComparison.Ordinal);
    }

    private async Task<JsonElement> FindAsync(string type, string tradeNo)
    {
        CommandLineRun run = await RunAsync("dump", _folder.Path, "--json", "--trade", tradeNo);
        return run.Output.Split('\n').Select(line => JsonDocument.Parse(line).RootElement).First(line => line.GetProperty("type").GetString() == type);
    }

    private static SignedMessage Query(string tradeNo)
    {
        SignedMessage query = Requests.TradeQuery("CN000001", TimeProvider.System);
        query["trade_no"] = tradeNo;
        return query;
    }

    private static Task<CommandLineRun> RunAsync(params string[] args) => CommandLineRun.RunAsync(["journal", .. args]);
}

/// <summary>A sandbox that took three payments and was stopped.</summary>
public sealed class StoppedSandbox : IAsyncLifetime
{
    // An EMVCo code whose maker wrote his number into the name.
    private const string ShopWithATelephone = "0002015916SHOP 138123456786002HK63046669";

    internal TemporaryFolder Folder { get; } = new();

    internal List<string> TradeNos { get; } = [];

    public async Task InitializeAsync()
    {
        await using SandboxGateway gateway = await SandboxFixture.StartAsync(Folder.Path);
        using InstitutionClient client = gateway.NewClient("CN000001");
        foreach (string amount in new[] { "1.00", "2.02", "88.80" })
        {
            SignedMessage request = Requests.ScanPay("CN000001", amount, "CNY", TimeProvider.System);
            request["qr_content"] = ShopWithATelephone;
            Exchange exchange = await client.CallAsync(request);
            TradeNos.Add(exchange.Answer!["trade_no"]!);
        }
    }

    public Task DisposeAsync()
    {
        Folder.Dispose();
        return Task.CompletedTask;
    }
}
