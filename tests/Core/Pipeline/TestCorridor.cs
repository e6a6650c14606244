using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Pipeline;
using HotPath.Core.Recon;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Ledger;
using HotPath.Core.Tests.Recon;
using HotPath.Core.Wire;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>The corridor without a socket: real reader, signatures, ledger, ring and resolver; virtual time; a channel that does as it is told.</summary>
internal sealed class TestCorridor : IAsyncDisposable
{
    internal const string Us = "CN000001";
    internal const string Them = "HK000001";

    /// <summary>Registered with ES256.</summary>
    internal const string Modern = "SG000001";

    private static readonly Dictionary<string, (string Private, string Public)> Keys = new()
    {
        [Us] = PemKeys.Generate(),
        [Them] = PemKeys.Generate(),
        [Modern] = PemKeys.Generate(SignType.Es256),
        ["gw-1"] = PemKeys.Generate(),
        ["gw-2"] = PemKeys.Generate(),
        ["gw-es"] = PemKeys.Generate(SignType.Es256),
        ["demo-institution"] = Published("demo-institution"),
        ["demo-gateway"] = Published("demo-gateway"),
    };

    // On real time: what follows virtual time has followed it by then, or never will.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly bool _hasOwnDisk;
    private readonly string _directory;
    private readonly Corridor _corridor;
    private readonly GatewayKeys _gatewayKeys;
    private readonly InstitutionDirectory _institutions;
    private readonly Func<string, string, BizType[]?, Institution> _register;

    private TestCorridor(string directory, FakeTimeProvider clock, ToldChannel told, int maxInFlight, long maxMinorUnits, bool hasEs256, int? maxTps,
        IJournalStorage? disk, string[] schemes, bool keepsDays, Rows? rows, long reconReserve, ToldChannel[] others, int maxAttempts, IScheduler? channelThreads,
        HeardLogs logs)
    {
        _directory = directory;
        _hasOwnDisk = disk is not null;
        Clock = clock;
        Told = told;
        _others = others;
        var metrics = new GatewayMetrics("test");
        Metrics = metrics;
        var options = new EmbeddedLedgerOptions
        {
            DataDirectory = directory,
            MaxTrades = 10_000,
            SegmentBytes = 1024 * 1024,
            IndexMemoryBytes = 16L << 20,
            // Virtual time leaps while real threads write: only tests that bring a disk of their own may find it slow.
            SlowStep = disk is null ? TimeSpan.FromDays(20) : TimeSpan.FromMilliseconds(250),
        };
        Ledger = EmbeddedLedger.Open(
            options, ThreadScheduler.Instance, clock, metrics, _ => { }, disk ?? RoomyDisk.Instance,
            new FasterIndexFactory(options, FileStorage.Instance, ThreadScheduler.Instance));
        Channels = [.. others.Prepend(told).Select((adapter, at) => new Channel(
            new ChannelOptions { Id = at == 0 ? "told" : $"other-{at}", MaxInFlight = maxInFlight }, adapter, channelThreads ?? ThreadScheduler.Instance, clock, metrics))];
        Currency[] currencies = [Currency.Parse("CNY"), Currency.Parse("HKD"), Currency.Parse("JPY"), Currency.Parse("USD")];
        var router = new Router(
            [.. Channels.Select(channel => new Route { Channel = channel, Currencies = new HashSet<Currency>(currencies[..3]), MaxMinorUnits = maxMinorUnits, Schemes = schemes })]);
        _register = (name, key, interfaces) => new Institution(
            name, Region.Domestic, name == Us ? Language.Chinese : Language.English, currencies,
            new KeyRing([new RegisteredKey("k1", PemKeys.ReadPublic(Keys[key].Public))]), new Allowance(clock, maxTps), metrics.ForInstitution(name))
        {
            Interfaces = interfaces,
        };
        string[] names = hasEs256 ? [Us, Them, Modern] : [Us, Them];
        _institutions = new InstitutionDirectory([.. names.Select(name => _register(name, name, null))]);
        _gatewayKeys = new GatewayKeys(
            PemKeys.ReadPrivate("gw-1", Keys["gw-1"].Private), hasEs256 ? PemKeys.ReadPrivate("gw-es", Keys["gw-es"].Private) : null);
        _corridor = new Corridor(
            Ledger, router, _institutions, _gatewayKeys, new PipelineOptions { Admission = new AdmissionOptions { LeastInLine = 0 }, MaxAttempts = maxAttempts }, Threads, clock, metrics,
            Logs = logs, (Days = keepsDays ? DayStore.Open(directory, clock, metrics, NullLogger<DayStore>.Instance) : null) is { } days ? [days] : null, Recon = rows is null ? null : Reconciliation.Open(
                directory, rows, [InstId.From(Us), InstId.From(Them)], publicUrl: null, reconReserve, ThreadScheduler.Instance, clock, metrics, NullLogger<Reconciliation>.Instance),
            Days);
        _rows = rows;
        Recon?.Start(_ => default);
    }

    private readonly Rows? _rows;
    private readonly ToldChannel[] _others;

    /// <summary>In the order of their routes; the first is <see cref="Told"/>'s.</summary>
    internal Channel[] Channels { get; }

    internal Reconciliation? Recon { get; }

    internal FakeTimeProvider Clock { get; }

    internal ToldChannel Told { get; }

    internal EmbeddedLedger Ledger { get; }

    internal string DataDirectory => _directory;

    internal GatewayMetrics Metrics { get; }

    /// <summary>What the corridor has told operators.</summary>
    internal HeardLogs Logs { get; }

    /// <summary>Where day files are kept.</summary>
    internal DayStore? Days { get; }

    /// <summary>Runs what admission measures itself by; nothing else of the corridor.</summary>
    internal StalledThreads Threads { get; } = new();

    internal PendingResolver Resolver => _corridor.Resolver;

    internal PendingDesk Desk => _corridor.Pending;

    internal BreakerSwitch Breakers => _corridor.Breakers;

    internal AdmissionControl Admission => _corridor.Admission;

    internal static async Task<TestCorridor> OpenAsync(
        string? directory = null, FakeTimeProvider? clock = null, ToldChannel? told = null, int maxInFlight = 256, long maxMinorUnits = long.MaxValue,
        bool hasEs256 = true, int? maxTps = null, IJournalStorage? disk = null, string[]? schemes = null, bool keepsDays = false, Rows? rows = null, long reconReserve = 0,
        ToldChannel[]? others = null, int maxAttempts = 3, IScheduler? channelThreads = null)
    {
        var corridor = new TestCorridor(
            directory ?? Directory.CreateTempSubdirectory("hotpath-corridor-").FullName,
            clock ?? new FakeTimeProvider(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero)),
            told ?? new ToldChannel(),
            maxInFlight,
            maxMinorUnits,
            hasEs256,
            maxTps,
            disk,
            schemes ?? [],
            keepsDays,
            rows,
            reconReserve,
            others ?? [],
            maxAttempts,
            channelThreads,
            new HeardLogs());
        await corridor.Resolver.StartAsync();
        return corridor;
    }

    /// <summary>Rotates the gateway's key.</summary>
    internal void SwapGatewayKey(string keyId) => _gatewayKeys.Swap(PemKeys.ReadPrivate(keyId, Keys[keyId].Private));

    /// <summary>Replaces all institutions' keys by one institution's, whose key is from now on <paramref name="signsWith"/>'s.</summary>
    internal void SwapInstitutionKeys(string instId, string signsWith) => _institutions.Swap([_register(instId, signsWith, null)]);

    /// <summary>Registers all but one institution off, and that one for these interfaces only.</summary>
    internal void Permit(string instId, params BizType[] interfaces) => _institutions.Swap([_register(instId, instId, interfaces)]);

    /// <summary>A clean stop and a new start on the same directory, with the same channel, and the same clock where no other is given.</summary>
    internal async Task<TestCorridor> RestartAsync(FakeTimeProvider? clock = null, long reconReserve = 0, ToldChannel[]? others = null)
    {
        await StopAsync();
        return await OpenAsync(_directory, clock ?? Clock, Told, keepsDays: Days is not null, rows: _rows, reconReserve: reconReserve, others: others ?? _others);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Lets work stand in line for a second, so that admission finds the machine overloaded.</summary>
    internal async Task OverloadAsync()
    {
        Threads.IsStanding = true;
        await CallAsync(Query(("trade_no", "9999999999999999999999999999")));
        AdvanceInSteps(TimeSpan.FromSeconds(1));
    }

    /// <summary>Lets virtual time pass as admission sees it, in steps of 10 ms.</summary>
    internal void AdvanceInSteps(TimeSpan time)
    {
        for (TimeSpan step = TimeSpan.FromMilliseconds(10); time > TimeSpan.Zero; time -= step)
        {
            Clock.Advance(step);
        }
    }

    /// <summary>Whether all of these are lines of /metrics.</summary>
    internal async Task<bool> HasAsync(params string[] lines)
    {
        string text = await MetricsTextAsync();
        return lines.All(line => text.Contains(line + "\n", StringComparison.Ordinal));
    }

    internal async Task<string> MetricsTextAsync()
    {
        using var text = new MemoryStream();
        await Metrics.WriteTextAsync(text, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>A payment's members; <paramref name="changes"/> replaces or adds.</summary>
    internal Dictionary<string, string> Payment(params (string Name, string Value)[] changes) => Members("SCAN_PAY", [
        ("out_trade_no", Guid.NewGuid().ToString("N")), ("total_amount", "88.80"), ("currency", "HKD"), ("trade_type", "SCAN"), ("qr_type", "02"),
        ("qr_content", "https://qr.example.hk/p"), ("body", "咖啡"), ("terminal_type", "01"), ("terminal_id", "T01"), .. changes]);

    /// <summary>The same by face.</summary>
    internal Dictionary<string, string> FacePayment(params (string Name, string Value)[] changes) => Members("FACE_PAY", [
        ("out_trade_no", Guid.NewGuid().ToString("N")), ("total_amount", "88.80"), ("currency", "HKD"), ("trade_type", "FACEPAY"), ("face_data", "ciphertext"),
        ("face_device_id", "F01"), ("merchant_id", "M01"), ("terminal_id", "T01"), .. changes]);

    /// <summary>A refund of a payment that was answered.</summary>
    internal Dictionary<string, string> Refund(Answered payment, string amount, params (string Name, string Value)[] changes) => Members("REFUND", [
        ("orig_trade_no", payment["trade_no"]), ("out_trade_no", payment["out_trade_no"]), ("refund_no", Guid.NewGuid().ToString("N")),
        ("refund_amount", amount), ("refund_type", "02"), .. changes]);

    /// <summary>A cancel, by the numbers given.</summary>
    internal Dictionary<string, string> Cancel(params (string Name, string Value)[] by) => Members("TRADE_CANCEL", by);

    internal Dictionary<string, string> RefundQuery(params (string Name, string Value)[] by) => Members("REFUND_QUERY", by);

    internal Dictionary<string, string> Query(params (string Name, string Value)[] by) => Members("TRADE_QUERY", by);

    /// <summary>A page of a batch query; of 100, the first, unless told otherwise.</summary>
    internal Dictionary<string, string> Batch(params (string Name, string Value)[] by) =>
        Members("TRADE_BATCH_QUERY", [("page_no", "1"), ("page_size", "100"), .. by]);

    /// <summary>Signs as the institution in the members, sends, verifies the answer over its own bytes.</summary>
    internal Task<Answered> CallAsync(Dictionary<string, string> members) => SendAsync(JsonSerializer.Serialize(Sign(members, members["inst_id"])));

    /// <summary>What callers say the gateway is called.</summary>
    internal string Host { get; set; } = "gateway.example.com:8443";

    internal Dictionary<string, string> Download(string settleDate, params (string Name, string Value)[] changes) =>
        Members("RECON_DOWNLOAD", [("settle_date", settleDate), ("recon_type", "01"), .. changes]);

    internal Dictionary<string, string> Upload(string settleDate, params (string Name, string Value)[] changes) =>
        Members("RECON_UPLOAD", [("settle_date", settleDate), ("recon_type", "01"), .. changes]);

    internal async Task<Answered> SendAsync(string json)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        var slot = new RequestSlot(Math.Max(body.Length, BodyLimits.Ordinary));
        body.CopyTo(slot.BodyBuffer);
        slot.SetBody(body.Length);
        slot.ArrivedAt = Clock.GetTimestamp();
        slot.Host = Host;
        try
        {
            await _corridor.Pipeline.RunAsync(slot);
        }
        catch (LedgerUnavailableException)
        {
            // The endpoint cuts the connection.
            return new Answered(0, "", []);
        }
        return slot.HttpStatus == 200 ? Verified(Encoding.UTF8.GetString(slot.Answer.Json.Span)) : new Answered(slot.HttpStatus, "", []);
    }

    /// <summary>Advances virtual time in small steps until something is true, letting real threads follow.</summary>
    internal async Task<bool> UntilAsync(Func<Task<bool>> isTrue, TimeSpan virtualLimit)
    {
        TimeSpan step = TimeSpan.FromMilliseconds(500);
        await FollowAsync();
        for (TimeSpan passed = TimeSpan.Zero; passed < virtualLimit; passed += step)
        {
            if (await isTrue())
            {
                return true;
            }
            Clock.Advance(step);
            await FollowAsync();
        }
        // The virtual time is over; the threads that follow it may still be on their way.
        using var limit = new CancellationTokenSource(Patience);
        while (!limit.IsCancellationRequested && !await isTrue())
        {
            await Task.Delay(5, CancellationToken.None);
        }
        return await isTrue();
    }

    /// <summary>
    /// Lets virtual time pass, and the real threads that follow it come to where they wait for more of it: in the same steps, or in longer ones where it is minutes in
    /// which nothing more may happen.
    /// </summary>
    internal async Task PassAsync(TimeSpan virtualTime)
    {
        TimeSpan step = TimeSpan.FromSeconds(Math.Clamp(virtualTime.TotalSeconds / 120, 0.5, 5));
        for (TimeSpan passed = TimeSpan.Zero; passed < virtualTime; passed += step)
        {
            Clock.Advance(step);
            await FollowAsync();
        }
        await FollowAsync(turns: 20);
    }

    /// <summary>
    /// Lets the real threads follow. However slow this machine is just now: in each turn whatever stood in line before has come to its turn, with the timers, on the pool and on the ledger's thread.
    /// </summary>
    internal async Task FollowAsync(int turns = 3)
    {
        for (int turn = 0; turn < turns; turn++)
        {
            await Task.Delay(1);
            try
            {
                // A disk of the test's own may stand still, and the ledger with it.
                Task ledger = Ledger.PendingAsync().AsTask();
                await Task.WhenAny(ledger, Task.Delay(_hasOwnDisk ? TimeSpan.FromMilliseconds(5) : Patience));
            }
            catch (LedgerUnavailableException)
            {
                return;
            }
        }
    }

    internal static Dictionary<string, string> Sign(Dictionary<string, string> members, string signer)
    {
        byte[] text = Encoding.UTF8.GetBytes(SigningString(members));
        byte[] signature = OfKey(
            Keys[signer].Private,
            rsa => rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ecdsa => ecdsa.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        return new Dictionary<string, string>(members) { ["sign"] = Convert.ToBase64String(signature) };
    }

    private static Answered Verified(string json)
    {
        Dictionary<string, string> members = JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;
        byte[] text = Encoding.UTF8.GetBytes(SigningString(members));
        byte[] signature = Convert.FromBase64String(members["sign"]);
        Assert.True(OfKey(
            Keys[members["key_id"]].Public,
            rsa => rsa.VerifyData(text, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            ecdsa => ecdsa.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)));
        Assert.DoesNotContain(members, member => member.Value.Length == 0);
        Api.AnswerContract.Holds(members);
        return new Answered(200, json, members);
    }

    // The keys of the API reference's examples.
    private static (string Private, string Public) Published(string name)
    {
        string file = Path.Combine(Architecture.Checkout.Root, "docs", "api", "keys", name);
        return (File.ReadAllText(file + ".private.pem"), File.ReadAllText(file + ".public.pem"));
    }

    // Written apart from the gateway's own code on purpose.
    private static T OfKey<T>(string pem, Func<RSA, T> ofRsa, Func<ECDsa, T> ofEcdsa)
    {
        using var rsa = RSA.Create();
        using var ecdsa = ECDsa.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return ofRsa(rsa);
        }
        catch (CryptographicException)
        {
            ecdsa.ImportFromPem(pem);
            return ofEcdsa(ecdsa);
        }
    }

    private static string SigningString(Dictionary<string, string> members) => string.Join(
        '&', members.Where(member => member.Key != "sign").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}"));

    private Dictionary<string, string> Members(string bizType, (string Name, string Value)[] more)
    {
        var members = new Dictionary<string, string>
        {
            ["version"] = "1.3",
            ["charset"] = "UTF-8",
            ["sign_type"] = "RSA2",
            ["biz_type"] = bizType,
            ["req_time"] = Clock.GetUtcNow().AddHours(8).ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture),
            ["req_id"] = Guid.NewGuid().ToString("N"),
            ["inst_id"] = Us,
        };
        foreach ((string name, string value) in more)
        {
            members[name] = value;
        }
        if (members["inst_id"] == Modern && more.All(member => member.Name != "sign_type"))
        {
            members["sign_type"] = "ES256";
        }
        return members;
    }

    private async Task StopAsync()
    {
        Recon?.Dispose();
        await _corridor.DisposeAsync();
        Days?.Dispose();
        await Ledger.DisposeAsync();
    }
}

/// <summary>A thread pool that runs what is posted at once, or, while it stands, not at all.</summary>
internal sealed class StalledThreads : IScheduler
{
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _waiting = new();

    internal bool IsStanding
    {
        get;
        set
        {
            field = value;
            RunWaiting();
        }
    }

    public void Post(IThreadPoolWorkItem item)
    {
        _waiting.Enqueue(item);
        RunWaiting();
    }

    public void Sleep(TimeSpan time) => throw new NotSupportedException();

    public IWorker StartWorker(string name, IWorkerBody body) => ThreadScheduler.Instance.StartWorker(name, new StallingWorker(this, body));

    /// <summary>A worker that does nothing while the threads stand.</summary>
    private sealed class StallingWorker(StalledThreads threads, IWorkerBody body) : IWorkerBody
    {
        public WorkerPause Step() => threads.IsStanding ? WorkerPause.Linger(TimeSpan.FromMilliseconds(1)) : body.Step();
    }

    private void RunWaiting()
    {
        while (!IsStanding && _waiting.TryDequeue(out IThreadPoolWorkItem? next))
        {
            next.Execute();
        }
    }
}

/// <summary>An answer whose signature was verified, or only a status.</summary>
internal sealed record Answered(int Status, string Json, Dictionary<string, string> Members)
{
    internal string Code => Members.GetValueOrDefault("resp_code", "");

    internal string this[string name] => Members.GetValueOrDefault(name, "");
}

/// <summary>A channel that does what the test tells it, and counts what it was asked.</summary>
internal sealed class ToldChannel : IClearingAdapter
{
    private int _pays;
    private int _inquiries;
    private int _reversals;

    internal Func<ClearingReference, Task<ClearingResult>> Pay { get; set; } = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));

    internal Func<ClearingReference, Task<ClearingResult>> Refund { get; set; } = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));

    internal Func<ClearingReference, ClearingResult> Inquire { get; set; } = _ => ClearingResult.Of(ClearingOutcome.Processing);

    internal Func<Task> InquireSlowly { get; set; } = () => Task.CompletedTask;

    internal Func<ClearingReference, ClearingResult> Reverse { get; set; } = _ => ClearingResult.Of(ClearingOutcome.Reversed);

    /// <summary>Instead of <see cref="Reverse"/>.</summary>
    internal Func<ClearingReference, Task<ClearingResult>>? ReverseSlowly { get; set; }

    internal ConcurrentBag<TradeNo> Paid { get; } = [];

    internal ConcurrentQueue<string> Bodies { get; } = [];

    /// <summary>What it was told of payments by face: trade_type, face_data, face_device_id, merchant_id, terminal_id.</summary>
    internal ConcurrentQueue<string[]> Faces { get; } = [];

    internal int Pays => _pays;

    internal ConcurrentQueue<ClearingReference> Refunded { get; } = [];

    internal int Inquiries => _inquiries;

    internal int Reversals => _reversals;

    public void EncodePay(in PayOrder order, ClearingCall call)
    {
        if (order.FaceData.IsEmpty)
        {
            Bodies.Enqueue(Encoding.UTF8.GetString(order.Body));
            return;
        }
        Assert.True(order.QrType == QrType.None && order.QrContent.IsEmpty && order.Body.IsEmpty && order.TerminalType.IsEmpty);
        Faces.Enqueue([
            Encoding.UTF8.GetString(TradeTypes.Name(order.TradeType)), Encoding.UTF8.GetString(order.FaceData), Encoding.UTF8.GetString(order.FaceDeviceId),
            Encoding.UTF8.GetString(order.MerchantId), Encoding.UTF8.GetString(order.TerminalId),
        ]);
    }

    public async ValueTask<ClearingResult> PayAsync(ClearingCall call)
    {
        Interlocked.Increment(ref _pays);
        Paid.Add(call.Reference.TradeNo);
        return await Pay(call.Reference);
    }

    public void EncodeRefund(in RefundOrder order, ClearingCall call)
    {
    }

    public async ValueTask<ClearingResult> RefundAsync(ClearingCall call)
    {
        Refunded.Enqueue(call.Reference);
        return await Refund(call.Reference);
    }

    public async ValueTask<ClearingResult> InquireAsync(ClearingReference reference)
    {
        Interlocked.Increment(ref _inquiries);
        await InquireSlowly();
        return Inquire(reference);
    }

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference)
    {
        Interlocked.Increment(ref _reversals);
        return ReverseSlowly is { } slowly ? new ValueTask<ClearingResult>(slowly(reference)) : new ValueTask<ClearingResult>(Reverse(reference));
    }

    public ValueTask DisposeAsync() => default;
}
