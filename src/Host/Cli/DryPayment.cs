using System.Text;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using HotPath.Host.Admin;
using HotPath.Host.Client;
using HotPath.Host.Configuration;

namespace HotPath.Host.Cli;

/// <summary>A payment that is only thought through: its body read and judged as the gateway does, without a signature, and nothing sent.</summary>
internal sealed class DryPayment
{
    // What a body may still lack while somebody drafts it: none of this is anything that routes look at.
    private static readonly (string Name, string Value)[] Common =
    [
        ("version", "1.3"), ("charset", "UTF-8"), ("sign_type", "RSA2"), ("sign", "AAAA"), ("req_time", "20260101000000"), ("req_id", "dry-run"),
    ];

    private DryPayment()
    {
    }

    /// <summary>Why it would not come as far as its route; null where it would.</summary>
    internal string? Refusal { get; private init; }

    internal string InstId { get; private init; } = "";

    internal string BizTypeName { get; private init; } = "";

    internal Currency Currency { get; private init; }

    internal Amount Amount { get; private init; }

    internal string QrContent { get; private init; } = "";

    /// <summary>Reads a body as <see cref="RequestReader"/> has it: steps 2 and 5 of the corridor.</summary>
    internal static DryPayment Of(SignedMessage body)
    {
        var whole = new SignedMessage(body.Members);
        foreach ((string name, string value) in Common)
        {
            whole[name] ??= value;
        }
        byte[] json = whole.ToJson();
        var slot = new RequestSlot(Math.Max(json.Length, BodyLimits.Ordinary));
        json.CopyTo(slot.BodyBuffer);
        slot.SetBody(json.Length);
        Rejection rejection = RequestReader.Read(slot);
        if (json.Length > BodyLimits.Of(slot.BizType))
        {
            return new DryPayment { Refusal = $"{json.Length} bytes are too large" };
        }
        rejection = rejection.IsRefusal ? rejection : RequestReader.CheckInterface(slot);
        if (rejection.IsRefusal)
        {
            string member = rejection.Member == Member.None ? "" : " " + MemberTable.Rule(rejection.Member).Name;
            return new DryPayment { Refusal = RespCodes.Label(rejection.Code) + member };
        }
        if (!BizTypes.IsPayment(slot.BizType))
        {
            throw new UsageException($"{whole["biz_type"]} is no payment: it goes where its trade went");
        }
        return new DryPayment
        {
            InstId = whole["inst_id"]!,
            BizTypeName = whole["biz_type"]!,
            Currency = slot.Currency,
            Amount = slot.Amount,
            QrContent = whole["qr_content"] ?? "",
        };
    }

    /// <summary>What a configuration's table says of it. Nothing of the table is called: what its channels can carry is known from their settings, how they do is not.</summary>
    internal RouteAnswer Ask(GatewaySettings settings, InstitutionSettings institution, TimeProvider clock)
    {
        var metrics = new GatewayMetrics("dry-run");
        var channels = settings.Channels.ToDictionary(
            channel => channel.Options.Id,
            channel => new Channel(channel.Options, new SimulatedClearingAdapter(TimeSpan.Zero, clock), ThreadScheduler.Instance, clock, metrics));
        var table = new RouteTable(settings.RouteTable.Bind(channels), settings.RouteTable.CodeHosts);
        return RouteView.Ask(
            table,
            new RouteQuestion(
                InstId, Institution.DirectionOf(institution.Region), BizTypes.Parse(Encoding.UTF8.GetBytes(BizTypeName)), Currency,
                institution.Currencies.Contains(Currency), Amount, QrContent),
            isLive: false, clock.GetUtcNow());
    }
}
