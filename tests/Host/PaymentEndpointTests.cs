using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Client;
using HotPath.Host.Server;
using HotPath.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>A ledger that cannot tell what a request came to: the connection is cut, and nothing that reads as a refusal goes out.</summary>
public sealed class PaymentEndpointTests
{
    private static readonly (string PrivatePem, string PublicPem) Pair = PemKeys.Generate();

    public static TheoryData<Exception> Failures =>
        [new JournalDamagedException("a record is not there"), new IOException("EIO"), new LedgerUnavailableException("stopped")];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Ledger_ThatCannotBeRead_CutsTheConnection(Exception failure)
    {
        SigningKey key = PemKeys.ReadPrivate("k", Pair.PrivatePem);
        TimeProvider clock = TimeProvider.System;
        var metrics = new GatewayMetrics("test");
        var institution = new Institution(
            "A1", Region.Domestic, Language.English, [Currency.Parse("CNY")],
            new KeyRing([new RegisteredKey("k", PemKeys.ReadPublic(Pair.PublicPem), 0, long.MaxValue)]), new Allowance(clock), metrics.ForInstitution("A1"));
        await using var ledger = new BrokenLedger(failure);
        await using var corridor = new Corridor(
            ledger, new Router([]), new InstitutionDirectory([institution]), new GatewayKeys(key), new PipelineOptions(), ThreadScheduler.Instance, clock, metrics,
            NullLoggerFactory.Instance);
        var endpoint = new PaymentEndpoint(corridor.Pipeline, new ServerLimits(), metrics, clock, NullLogger<PaymentEndpoint>.Instance);
        SignedMessage payment = Requests.ScanPay("A1", "1.00", "CNY", clock);
        payment.SignWith(key);
        var lifetime = new Lifetime();

        await endpoint.HandleAsync(Post(payment.ToJson(), lifetime));

        Assert.True(lifetime.IsAborted);
    }

    private static DefaultHttpContext Post(byte[] body, Lifetime lifetime)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = PaymentEndpoint.Path;
        context.Request.Protocol = "HTTP/1.1";
        context.Request.Method = "POST";
        context.Request.ContentType = "application/json";
        context.Request.ContentLength = body.Length;
        context.Request.Body = new MemoryStream(body);
        return context;
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }
}
