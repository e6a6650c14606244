using System.Text;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Recon;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using HotPath.Signing;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Puts the corridor together from what differs between a gateway, a bench and a test: ledger, routes, institutions, keys, clock. Owns the
/// resolver and the channels' adapters; the ledger is its maker's.
/// </summary>
public sealed class Corridor : IAsyncDisposable
{
    // Enough calls for the first tier of the JIT to hand over what is hot (it counts to 30); a signature each makes it 10 ms.
    private const int WarmUpRounds = 40;

    // Every member once, one of them with an escape, and a code that has something to read. The institution is nobody's name, and its
    // signature would not do if it were.
    internal const string WarmUpBody = """
        {"version":"1.3","charset":"UTF-8","sign_type":"RSA2","sign":"AAAA","biz_type":"SCAN_PAY","req_time":"20260101000000",
        "req_id":"warm-up","inst_id":"WARMUPWARMUPWARMUPWARMUPWARMUPWA","nonce":"warm-up-1","out_trade_no":"warm-up",
        "total_amount":"88.80","currency":"HKD","trade_type":"SCAN","qr_type":"02",
        "qr_content":"00020101021126270012hk.com.hkicl02070123456520458145303344540488.85802HK5902咖啡6002HK\u00363040372",
        "body":"warm-up","terminal_type":"01","terminal_id":"T01"}
        """;

    private readonly ILedger _ledger;
    private readonly Router _router;

    public Corridor(
        ILedger ledger, Router router, InstitutionDirectory institutions, GatewayKeys keys, PipelineOptions options,
        IScheduler scheduler, TimeProvider clock, GatewayMetrics metrics, ILoggerFactory logs, IReadOnlyList<IFeedConsumer>? consumers = null,
        Reconciliation? recon = null, DayStore? days = null)
    {
        _ledger = ledger;
        _router = router;
        var waiters = new TradeWaiters(scheduler, clock);
        Authenticator = new Authenticator(institutions, DecoyKeys.Shared);
        Signer = new AnswerSigner(keys, ledger, clock);
        var disagreements = new Disagreements(metrics, logs.CreateLogger<Disagreements>());
        var budget = new AnswerBudget(options, clock);
        Resolver = new PendingResolver(
            ledger, router, institutions, Signer, waiters, disagreements, budget, metrics, scheduler, clock, logs.CreateLogger<PendingResolver>());
        Breakers = new BreakerSwitch(ledger, router, clock);
        Tables = new TableSwitch(ledger, router, metrics, clock);
        Pending = new PendingDesk(Resolver, ledger, router, clock, logs.CreateLogger<PendingDesk>());
        var breakerLog = new BreakerLog(logs.CreateLogger<BreakerLog>());
        var badAnswerLog = new BadAnswerLog(logs.CreateLogger<BadAnswerLog>(), clock);
        var connectionLog = new ConnectionLog(logs.CreateLogger<ConnectionLog>(), clock);
        foreach (Channel channel in router.Channels)
        {
            connectionLog.Watch(channel);
            channel.BreakerChanged = breakerLog.Tell;
            badAnswerLog.Watch(channel);
            channel.LateResults = Resolver;
            channel.LateRefunds = Resolver;
        }
        var log = new PaymentLog(logs.CreateLogger<PaymentLog>(), options.LogSampleEvery);
        var strangers = new RateGate(new Rate(options.StrangersRefusalsPerSecond, TimeSpan.FromSeconds(1), clock), clock);
        var desk = new AnswerDesk(Signer, strangers, clock, metrics, log);
        Admission = new AdmissionControl(options.Admission, scheduler, clock, metrics, logs.CreateLogger<AdmissionControl>());
        ReconPipeline? reconPipeline = recon is null ? null : new ReconPipeline(recon, ledger, Signer, desk);
        var cancelEnds = new CancelEnds(ledger, waiters, Resolver);
        var repetitions = new Repetitions(ledger, Admission, waiters, options, clock, desk, cancelEnds, reconPipeline);
        var lostClaims = new LostClaims(ledger, repetitions, desk);
        var refunds = new RefundPipeline(ledger, router, Signer, Resolver, waiters, repetitions, lostClaims, disagreements, budget, clock, desk);
        var cancels = new CancelPipeline(ledger, router, Resolver, cancelEnds, lostClaims, budget, clock, desk);
        var failover = new Failover(ledger, router, Resolver, repetitions, budget, options, clock, metrics.Failover, desk);
        Feed = consumers is null ? null : new ChangeFeed(ledger, consumers, scheduler, clock, logs.CreateLogger<ChangeFeed>());
        var batchQueries = new BatchQueryPipeline(ledger, days, Feed, budget, clock, desk);
        Pipeline = new PaymentPipeline(
            Authenticator, ledger, Admission, router, Signer, Resolver, waiters, repetitions, lostClaims, refunds, cancels, batchQueries, reconPipeline, failover, budget, options,
            clock, desk);
    }

    public PaymentPipeline Pipeline { get; }

    public PendingResolver Resolver { get; }

    /// <summary>Operators' hand on the channels' breakers.</summary>
    public BreakerSwitch Breakers { get; }

    /// <summary>Operators' hand on the route table.</summary>
    public TableSwitch Tables { get; }

    /// <summary>Operators' hand on what is PENDING.</summary>
    public PendingDesk Pending { get; }

    /// <summary>Shows what happens in the book to those who keep something that follows from it; null where nobody does.</summary>
    public ChangeFeed? Feed { get; }

    internal AdmissionControl Admission { get; }

    public Authenticator Authenticator { get; }

    public AnswerSigner Signer { get; }

    /// <summary>
    /// Walks a made-up request of each sign type through reading, verifying, recalling and signing, so that the first payment does not pay
    /// for the JIT (13 to 20 % of the CPU in the first seconds, measured). It leaves no trace: no metric, no claim.
    /// </summary>
    public async Task WarmUpAsync()
    {
        var slot = new RequestSlot();
        byte[][] bodies = [.. SignTypes.Names.Select(name => Encoding.UTF8.GetBytes(WarmUpBody.Replace("RSA2", name, StringComparison.Ordinal)))];
        for (int round = 0; round < WarmUpRounds * bodies.Length; round++)
        {
            byte[] body = bodies[round % bodies.Length];
            body.CopyTo(slot.BodyBuffer);
            slot.SetBody(body.Length);
            Rejection rejection = RequestReader.Read(slot);
            RequestReader.WriteSigningText(slot);
            Authenticator.Authenticate(slot[Member.InstId], slot[Member.KeyId], slot.SignType, slot.SigningText, slot[Member.Sign], 0);
            Digest fingerprint = RequestReader.Fingerprint(slot);
            await _ledger.RecallAsync(InstId.From(slot[Member.InstId]), slot.Memory(Member.ReqId), fingerprint, slot.Trade);
            rejection = rejection.IsRefusal ? rejection : RequestReader.CheckInterface(slot);
            Signer.Refuse(slot, rejection.IsRefusal ? rejection : Rejection.Of(RespCode.NotAuthenticated), institution: null);
            slot.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Feed?.Dispose();
        Admission.Dispose();
        Resolver.Dispose();
        Breakers.Dispose();
        foreach (Channel channel in _router.Channels)
        {
            channel.Breaker.Dispose();
            await channel.Adapter.DisposeAsync();
        }
    }
}
