using HotPath.Core.Notify;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Simulation;

/// <summary>The institutions' receivers: they outlive every process of the gateway, verify what comes, and while there are faults do not always answer.</summary>
internal sealed class VirtualReceivers(Run run, Chance chance)
{
    private readonly VirtualVerifyingKey _gatewayKey = new(VirtualGateway.GatewaySecret);
    private readonly List<Telling> _tellings = [];

    internal IReadOnlyList<Telling> Tellings => _tellings;

    /// <summary>Everything they were told, and who they are.</summary>
    internal Notifications Told(int starts) =>
        new(_tellings, Enumerable.Range(1, run.Plan.Institutions).Where(IsTold).Select(VirtualClient.InstIdOf).ToHashSet(), starts);

    /// <summary>Every other one registered an address.</summary>
    internal bool IsTold(int institution) => run.Plan.NotifyFaultRate is not null && institution % 2 == 1;

    internal static Uri AddressOf(int institution) => new($"https://{VirtualClient.InstIdOf(institution)}.example/notify");

    internal INotifySender Sender(Life life) => new VirtualSender(this, life);

    private async ValueTask<SendOutcome> ReceiveAsync(Life life, Uri address, byte[] body)
    {
        bool goesWrong = !run.Troubles.IsCalm && chance.Happens(run.Plan.NotifyFaultRate!.Value);
        string how = goesWrong ? chance.Pick("lost", "refused", "unheard", "silent") : "acknowledged";
        await life.Delay(chance.Lognormal(TimeSpan.FromMilliseconds(20), 1));
        if (how == "lost")
        {
            return SendOutcome.Unreachable;
        }
        (Dictionary<string, string>? members, bool isVerified) = Envelope.Read(body, _gatewayKey);
        run.BeforeAnswer(members ?? []);
        bool isTaken = how is "acknowledged" or "unheard";
        _tellings.Add(new Telling(run.Loop.NowMs, address.Host.Split('.')[0].ToUpperInvariant(), members ?? [], isVerified, isTaken));
        run.Loop.Note(System.IO.Hashing.XxHash3.HashToUInt64(body, run.Loop.NowMs));
        run.Tally.Count($"notifications {how}");
        if (how == "silent")
        {
            await life.Delay(TimeSpan.FromSeconds(10));
            return SendOutcome.TimedOut;
        }
        await life.Delay(chance.Lognormal(TimeSpan.FromMilliseconds(20), 1));
        return how switch { "acknowledged" => SendOutcome.Acknowledged, "refused" => SendOutcome.OtherStatus, _ => SendOutcome.Unreachable };
    }

    private sealed class VirtualSender(VirtualReceivers receivers, Life life) : INotifySender
    {
        // Its own bytes: the page is used again.
        public ValueTask<SendOutcome> SendAsync(Uri address, ReadOnlyMemory<byte> body) => receivers.ReceiveAsync(life, address, body.ToArray());

        public void Dispose()
        {
        }
    }
}
