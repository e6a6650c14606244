using System.Diagnostics;
using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Host.Client;
using HotPath.Host.Configuration;
using HotPath.Host.Sandbox;
using HotPath.Host.Simulator;
using Xunit;

namespace HotPath.Host.Tests;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.
/// <summary>The route table of a real process, read again under payments: by SIGHUP, and by an operator.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class RouteReloadTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _log = [];
    private ClearingSimulator _simulator = null!;
    private Process _gateway = null!;
    private Uri _api = null!;
    private Uri _admin = null!;

    private string RoutesFile => Path.Combine(_folder.Path, "routes.json");

    public async Task InitializeAsync()
    {
        var keys = new SandboxFolder(_folder.Path);
        keys.Furnish([SandboxGateway.Domestic], TimeProvider.System);
        _simulator = await ClearingSimulator.StartAsync(
            new SimulatorOptions { BooksDirectory = keys.SimulatorBooks, ChannelLatency = TimeSpan.FromMilliseconds(2) }, TimeProvider.System);
        WriteRoutes("one");
        var configuration = new GatewayConfiguration
        {
            Listen = new ListenConfiguration { Address = "127.0.0.1", Port = 0, Certificate = keys.Certificate, CertificateKey = keys.CertificateKey },
            Admin = new AdminConfiguration { Port = 0 },
            DataDirectory = Path.Combine(_folder.Path, "data"),
            MaxTrades = 100_000,
            IndexMemoryMib = 4,
            SigningKey = new KeyFileConfiguration { KeyId = "gw-1", Path = keys.GatewayPrivateKey },
            Institutions =
            [
                new InstitutionConfiguration
                {
                    InstId = SandboxGateway.Domestic, Region = "domestic", Currencies = ["CNY"],
                    Keys = [new InstitutionKeyConfiguration { KeyId = "key-1", Path = keys.PublicKeyOf(SandboxGateway.Domestic) }],
                },
            ],
            Channels = [new ChannelConfiguration { Id = "one", Url = _simulator.BaseAddress.AbsoluteUri }, new ChannelConfiguration { Id = "two", Url = _simulator.BaseAddress.AbsoluteUri }],
            RoutesFile = "routes.json",
        };
        string file = _folder.Write("gateway.json", JsonSerializer.Serialize(configuration, ConfigurationJson.Default.GatewayConfiguration));
        await StartAsync(file);
    }

    public async Task DisposeAsync()
    {
        if (!_gateway.HasExited)
        {
            _gateway.Kill();
        }
        _gateway.Dispose();
        await _simulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Table_IsReplacedUnderPayments_FaultyOnesAreNot_AndWhatLeftItFinishesItsTrades()
    {
        var keys = new SandboxFolder(_folder.Path);
        using var client = new InstitutionClient(_api, keys.LoadPrivateKeyOf(SandboxGateway.Domestic), keys.LoadGatewayKey(), keys.LoadCa());
        (string first, string firstOrder) = await PayAsync(client);
        Assert.StartsWith("one.1@", await TrailAsync(first), StringComparison.Ordinal);

        // By signal, while payments go on: each takes one of both, and none is refused.
        using var stop = new CancellationTokenSource();
        Task<List<string>> paying = PayOnAsync(client, stop.Token);
        WriteRoutes("two");
        await SignalAsync();
        await ShownAsync("/routes", "\"version\":2");
        string afterReload = (await PayAsync(client)).TradeNo;
        await stop.CancelAsync();
        foreach (string trade in await paying)
        {
            Assert.Matches("^(one|two)\\.1@[0-9a-f]{4}$", await TrailAsync(trade));
        }
        Assert.StartsWith("two.1@", await TrailAsync(afterReload), StringComparison.Ordinal);

        // Faulty, by signal and by an operator: the old one stays, with file and line of every fault.
        await File.WriteAllTextAsync(RoutesFile, "{ \"routes\": [\n  { \"channel\": \"three\",\n    \"currencies\": [\"XXX\"] } ] }");
        await SignalAsync();
        await ShownAsync("/metrics", "hotpath_route_table_reloads_total{result=\"refused\"} 1");
        (int status, string text) = await ReloadAsync("ann", "a third channel");
        Assert.Equal(422, status);
        Assert.Contains($"routes[0].channel: no channel has the id three ({RoutesFile}, line 2)\n", text, StringComparison.Ordinal);
        Assert.Contains($"routes[0].currencies[0]: XXX is not an ISO 4217 currency ({RoutesFile}, line 3)\n", text, StringComparison.Ordinal);
        Assert.StartsWith("two.1@", await TrailAsync((await PayAsync(client)).TradeNo), StringComparison.Ordinal);
        await ShownAsync("/metrics", "hotpath_route_table_version 2");

        // What the channel that left the table was paid, it gives back.
        SignedMessage refund = Requests.Refund(SandboxGateway.Domestic, first, firstOrder, "88.80", TimeProvider.System);
        Assert.Equal("0000", (await client.CallAsync(refund)).RespCode);

        // An operator's, recorded with who and why; the same once more is no change.
        WriteRoutes("one", "two");
        Assert.Equal(200, (await ReloadAsync("ann", "both again")).Status);
        Assert.Contains("\"unchanged\"", (await ReloadAsync("ann", "once more")).Text, StringComparison.Ordinal);
        Assert.Equal(400, (await ReloadAsync("ann", "")).Status);
        Assert.Equal(0, await TerminateAsync());
        Assert.Equal(
            [("SIGHUP", "signal"), ("ann", "both again")],
            JournalDump.Read(Path.Combine(_folder.Path, "data")).Where(entry => entry.Act?.Act == "routes-reload").Select(entry => (entry.Act!.Who, entry.Act.Why)));
        lock (_log)
        {
            Assert.Contains(_log, line => line.Contains("\"level\":\"ERROR\"", StringComparison.Ordinal) && line.Contains($"({RoutesFile}, line 2)", StringComparison.Ordinal));
            Assert.Contains(_log, line => line.Contains("\"level\":\"WARN\"", StringComparison.Ordinal) && line.Contains("is in use, by ann", StringComparison.Ordinal));
        }
    }

    /// <summary>The table is another file's; what else is changed waits for a restart, and the reload says so.</summary>
    [Fact]
    public async Task Reload_NamesWhatOnlyARestartTakesOver()
    {
        string file = Path.Combine(_folder.Path, "gateway.json");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("\"node_id\":0", "\"node_id\":1", StringComparison.Ordinal));
        WriteRoutes("two");
        (int status, string text) = await ReloadAsync("ann", "two");
        Assert.Equal(200, status);
        Assert.Contains("\"need_restart\":[\"node_id\"]", text, StringComparison.Ordinal);
        Assert.Equal(0, await TerminateAsync());
    }

    private void WriteRoutes(params string[] channels) => File.WriteAllText(
        RoutesFile, $$"""{ "routes": [ {{string.Join(", ", channels.Select(channel => $$"""{ "channel": "{{channel}}", "currencies": ["CNY"] }"""))}} ] }""");

    private async Task StartAsync(string configuration)
    {
        // Whoever runs the tests may ignore SIGHUP (nohup), and whom he starts inherits it; a gateway that does is right to take no reload by it.
        var start = new ProcessStartInfo("env", ["--default-signal=HUP", "dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "hotpath.dll"), "run", "--config", configuration])
        {
            RedirectStandardError = true,
        };
        _gateway = Process.Start(start)!;
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _gateway.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Add(line.Data ?? "");
            }
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException("the gateway did not start: " + string.Join('\n', _log)));
            }
            else if (line.Data.Contains("\"Api\":", StringComparison.Ordinal))
            {
                ready.TrySetResult(line.Data);
            }
        };
        _gateway.BeginErrorReadLine();
        using var addresses = JsonDocument.Parse(await ready.Task.WaitAsync(Limit));
        _api = new Uri(addresses.RootElement.GetProperty("Api").GetString()!);
        _admin = new Uri(addresses.RootElement.GetProperty("Admin").GetString()!);
    }

    private static async Task<(string TradeNo, string Order)> PayAsync(InstitutionClient client)
    {
        // On a machine that is busy with other tests the gateway may be too: A001 says, the same again.
        SignedMessage payment = Requests.ScanPay(SandboxGateway.Domestic, "88.80", "CNY", TimeProvider.System);
        using var limit = new CancellationTokenSource(Limit);
        Exchange answer;
        while ((answer = await client.CallAsync(payment, limit.Token)).RespCode == "A001")
        {
            await Task.Delay(50, limit.Token);
        }
        Assert.Equal("0000", answer.RespCode);
        return (answer.Answer!["trade_no"]!, answer.Answer["out_trade_no"]!);
    }

    private static async Task<List<string>> PayOnAsync(InstitutionClient client, CancellationToken stop)
    {
        var trades = new List<string>();
        while (!stop.IsCancellationRequested)
        {
            trades.Add((await PayAsync(client)).TradeNo);
        }
        return trades;
    }

    private async Task<string> TrailAsync(string trade)
    {
        (int status, string text) = await AdminListener.AskAsync(_admin, "GET", "/routes/explain?trade_no=" + trade);
        Assert.Equal(200, status);
        using var told = JsonDocument.Parse(text);
        return told.RootElement.GetProperty("trail").GetString()!;
    }

    private async Task ShownAsync(string path, string text)
    {
        long began = Stopwatch.GetTimestamp();
        string shown;
        while (!(shown = (await AdminListener.AskAsync(_admin, "GET", path)).Text).Contains(text, StringComparison.Ordinal))
        {
            lock (_log)
            {
                Assert.True(Stopwatch.GetElapsedTime(began) < Limit, $"{path} never showed {text}, but {shown}\n{string.Join('\n', _log)}");
            }
            await Task.Delay(20);
        }
    }

    private Task<(int Status, string Text)> ReloadAsync(string who, string why) =>
        AdminListener.AskAsync(_admin, "POST", $"/routes/reload?who={Uri.EscapeDataString(who)}&why={Uri.EscapeDataString(why)}");

    private async Task SignalAsync()
    {
        using Process kill = Process.Start("kill", ["-HUP", $"{_gateway.Id}"]);
        await kill.WaitForExitAsync();
    }

    private async Task<int> TerminateAsync()
    {
        using Process kill = Process.Start("kill", ["-TERM", $"{_gateway.Id}"]);
        await _gateway.WaitForExitAsync();
        return _gateway.ExitCode;
    }
}
