using System.Text;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using HotPath.Host.Configuration;
using HotPath.Signing;
using Route = HotPath.Core.Routing.Route;

namespace HotPath.Host.Composition;

/// <summary>Everything between the listener and the ledger: institutions, channels, routes, signer, resolver, pipeline.</summary>
internal sealed class Corridor : IAsyncDisposable
{
    // Enough calls for the first tier of the JIT to hand over what is hot (it counts to 30); a signature each makes it 10 ms.
    private const int WarmUpRounds = 40;

    // Every member once, one of them with an escape. The institution is nobody's name, and its signature would not do if it were.
    private const string WarmUpBody = """
        {"version":"1.3","charset":"UTF-8","sign_type":"RSA2","sign":"AAAA","biz_type":"SCAN_PAY","req_time":"20260101000000",
        "req_id":"warm-up","inst_id":"WARMUPWARMUPWARMUPWARMUPWARMUPWA","nonce":"warm-up-1","out_trade_no":"warm-up",
        "total_amount":"88.80","currency":"HKD","trade_type":"SCAN","qr_type":"02","qr_content":"https://qr.example.hk/p?m=\u0031",
        "body":"warm-up","terminal_type":"01","terminal_id":"T01"}
        """;

    private readonly ILedger _ledger;
    private readonly Channel[] _channels;
    private readonly Authenticator _authenticator;
    private readonly AnswerSigner _signer;

    internal Corridor(GatewaySettings settings, ILedger ledger, GatewayMetrics metrics, TimeProvider clock, ILoggerFactory logs)
    {
        _ledger = ledger;
        _channels = [.. settings.Channels.Select(channel =>
            new Channel(channel.Channel, new HttpClearingAdapter(channel.Http, clock), ThreadScheduler.Instance, clock, metrics))];
        var router = new Router(settings.Routes.Select(ToRoute).ToArray());
        var institutions = new InstitutionDirectory(settings.Institutions.Select(institution => new Institution(
            institution.InstId, institution.Region, institution.Language, institution.Currencies, institution.Keys,
            new SigningBudget(SigningBudget.DefaultPerInstitution, clock))));
        var waiters = new TradeWaiters(clock);
        var options = new PipelineOptions();
        _authenticator = new Authenticator(institutions);
        _signer = new AnswerSigner(new GatewayKeys(settings.SigningKey), ledger, clock);
        Resolver = new PendingResolver(ledger, router, institutions, _signer, waiters, metrics, clock, logs.CreateLogger<PendingResolver>());
        foreach (Channel channel in _channels)
        {
            channel.LateResults = Resolver;
        }
        var log = new PaymentLog(logs.CreateLogger<PaymentLog>(), options.LogSampleEvery);
        var desk = new AnswerDesk(_signer, new SigningBudget(SigningBudget.DefaultUnauthenticated, clock), clock, metrics, log);
        Pipeline = new PaymentPipeline(_authenticator, ledger, router, _signer, Resolver, waiters, options, clock, desk);
    }

    internal PendingResolver Resolver { get; }

    internal PaymentPipeline Pipeline { get; }

    /// <summary>
    /// Walks a made-up request through reading, verifying, recalling and signing, so that the first payment does not pay for the JIT
    /// (13 to 20 % of the CPU in the first seconds, measured). It leaves no trace: no metric, no claim.
    /// </summary>
    internal async Task WarmUpAsync()
    {
        var slot = new RequestSlot();
        for (int round = 0; round < WarmUpRounds; round++)
        {
            int length = Encoding.UTF8.GetBytes(WarmUpBody, slot.BodyBuffer);
            slot.SetBody(length);
            Rejection rejection = RequestReader.Read(slot);
            RequestReader.WriteSigningText(slot);
            _authenticator.Authenticate(slot[Member.InstId], slot[Member.KeyId], slot.SigningText, slot[Member.Sign], 0);
            Digest fingerprint = RequestReader.Fingerprint(slot);
            await _ledger.RecallAsync(InstId.From(slot[Member.InstId]), slot.Memory(Member.ReqId), fingerprint, slot.Trade);
            rejection = rejection.IsRefusal ? rejection : RequestReader.CheckInterface(slot);
            _signer.Refuse(slot, rejection.IsRefusal ? rejection : Rejection.Of(RespCode.NotAuthenticated), institution: null);
            slot.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Resolver.Dispose();
        foreach (Channel channel in _channels)
        {
            await channel.Adapter.DisposeAsync();
        }
    }

    private Route ToRoute(RouteSettings route) => new()
    {
        Channel = _channels.Single(channel => channel.Options.Id == route.ChannelId),
        Currencies = route.Currencies,
        MaxMinorUnits = route.MaxMinorUnits,
        IsEnabled = route.IsEnabled,
        OnlyAmountsEndingWith = route.OnlyAmountsEndingWith,
    };
}
