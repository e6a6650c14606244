using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using HotPath.LoadTest.Packing;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HotPath.Bench;

/// <summary>The whole gateway without its socket: a body goes in, a signed answer comes out. Real ledger on a disk, channel that answers at once.</summary>
internal sealed class BenchCorridor : IAsyncDisposable
{
    private const string Institution = "CN000001";

    // On a machine that does other things too nothing is late here, and nothing refused for overload: what is measured is the payment that succeeds.
    private static readonly PipelineOptions Patient = new() { PayBudget = TimeSpan.FromMinutes(5), Admission = new AdmissionOptions { LeastInLine = int.MaxValue } };

    private readonly BenchFolder _folder = new();
    private readonly Corridor _corridor;
    private readonly SignedBody _signer;
    private int _orders;

    public BenchCorridor()
    {
        TimeProvider clock = TimeProvider.System;
        (string privatePem, string publicPem) = PemKeys.Generate();
        _signer = new SignedBody(Institution, PemKeys.ReadPrivate("", privatePem));
        GatewayPrivatePem = PemKeys.Generate().PrivatePem;
        GatewayKey = PemKeys.ReadPrivate("gw-bench", GatewayPrivatePem);
        InstitutionPublicPem = publicPem;
        Keys = new KeyRing([new RegisteredKey("k1", PemKeys.ReadPublic(publicPem))]);
        var metrics = new GatewayMetrics("bench");
        InstitutionRecord = new Institution(
            Institution, Region.Domestic, Language.Chinese, [Currency.Parse("HKD")], Keys, new Allowance(clock), metrics.ForInstitution(Institution));

        Ledger = EmbeddedLedger.Open(
            _folder.LedgerOptions,
            ThreadScheduler.Instance, clock, metrics, static _ => { });
        var channel = new Channel(
            new ChannelOptions { Id = "bench", Breaker = new BreakerOptions { OpensByItself = false } }, new SimulatedClearingAdapter(TimeSpan.Zero, clock), ThreadScheduler.Instance, clock, metrics);
        var router = new Router([new Route { Channel = channel, Currencies = new HashSet<Currency> { Currency.Parse("HKD") } }]);
        _corridor = new Corridor(
            Ledger, router, new InstitutionDirectory([InstitutionRecord]), new GatewayKeys(GatewayKey), Patient, ThreadScheduler.Instance, clock, metrics,
            NullLoggerFactory.Instance);
    }

    public EmbeddedLedger Ledger { get; }

    public PaymentPipeline Pipeline => _corridor.Pipeline;

    public AnswerSigner Signer => _corridor.Signer;

    public Authenticator Authenticator => _corridor.Authenticator;

    public Institution InstitutionRecord { get; }

    public KeyRing Keys { get; }

    public SigningKey GatewayKey { get; }

    public string GatewayPrivatePem { get; }

    public string InstitutionPublicPem { get; }

    /// <summary>Distinct signed payments, half of them with a single-use code.</summary>
    public byte[][] SignPayments(int count)
    {
        var bodies = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            bodies[i] = _signer.Payment($"B{_orders++}", TimeProvider.System.GetUtcNow(), i, isDynamicCode: i % 2 == 0);
        }
        return bodies;
    }

    /// <summary>Serves one body as the host does.</summary>
    public ValueTask PayAsync(RequestSlot slot, byte[] body)
    {
        Load(slot, body);
        return Pipeline.RunAsync(slot);
    }

    /// <summary>Puts a body into a slot as the host does.</summary>
    public static void Load(RequestSlot slot, byte[] body)
    {
        slot.Clear();
        body.CopyTo(slot.BodyBuffer);
        slot.SetBody(body.Length);
        slot.ArrivedAt = TimeProvider.System.GetTimestamp();
    }

    /// <summary>Throws unless the slot's answer says 0000: a benchmark of refusals would be a fast one.</summary>
    public static void RequireSuccess(RequestSlot slot)
    {
        if (slot.HttpStatus != 200 || slot.Answer.Json.Span.IndexOf("\"resp_code\":\"0000\""u8) < 0)
        {
            throw new InvalidOperationException($"HTTP {slot.HttpStatus}: {System.Text.Encoding.UTF8.GetString(slot.Answer.Json.Span)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _corridor.DisposeAsync();
        await Ledger.DisposeAsync();
        _folder.Dispose();
    }
}
