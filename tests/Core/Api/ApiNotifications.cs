using System.Collections.Concurrent;
using System.Text.Json;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using HotPath.Core.Notify.Storage;
using HotPath.Core.Runtime;
using HotPath.Core.Tests.Architecture;
using HotPath.Core.Tests.Pipeline;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HotPath.Core.Tests.Api;

/// <summary>What the notifier sends of a corridor's trades and refunds, caught on its way.</summary>
internal static class ApiNotifications
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    internal static async Task<List<ApiNotice>> SendAsync(TestCorridor corridor, (string Title, string Chinese, NotifyId Id)[] ended)
    {
        string keys = Path.Combine(Checkout.Root, "docs", "api", "keys");
        string Pem(string file) => File.ReadAllText(Path.Combine(keys, file));
        var clock = new StandingClock(corridor.Clock.GetUtcNow());
        var institution = new Institution(
            ApiExamples.Institution, Region.Domestic, Language.Chinese, [Currency.Parse("HKD")],
            new KeyRing([new RegisteredKey("k1", PemKeys.ReadPublic(Pem("demo-institution.public.pem")))]), new Allowance(clock, null),
            corridor.Metrics.ForInstitution(ApiExamples.Institution))
        {
            NotifyTarget = new NotifyTarget(new Uri("https://institution.example/notify"), 8),
        };
        var sender = new CatchingSender(ended.Length);
        await using var notifier = new Notifier(
            corridor.Ledger, new InstitutionDirectory([institution]), new GatewayKeys(PemKeys.ReadPrivate("demo-gateway", Pem("demo-gateway.private.pem"))),
            SqliteNotificationStore.Open(Path.Combine(corridor.DataDirectory, "notify.db"), clock), sender, new NotifyOptions { Chance = new Random(1) },
            ThreadScheduler.Instance, clock, corridor.Metrics, NullLogger<Notifier>.Instance);
        for (int i = 0; i < ended.Length; i++)
        {
            await EndAsync(notifier, corridor, ended[i].Id, i + 1);
        }
        await sender.All.WaitAsync(Limit);
        return [.. ended.Select(one => new ApiNotice(one.Title, one.Chinese, sender.Sent.Single(message => message["notify_id"] == one.Id.ToString())))];
    }

    // As the change feed shows it.
    private static async Task EndAsync(Notifier notifier, TestCorridor corridor, NotifyId id, long sequence)
    {
        if (id.Type == NotifyType.Refund)
        {
            var refund = new Refund();
            await corridor.Ledger.FindRefundAsync(id.Number, refund);
            notifier.Ended(refund, sequence);
        }
        else
        {
            var trade = new Trade();
            await corridor.Ledger.FindAsync(id.Number, trade);
            notifier.Ended(trade, sequence);
        }
        notifier.Shown(new FeedPosition(sequence + 1, sequence + 1, 0));
    }

    private sealed class CatchingSender(int expected) : INotifySender
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal ConcurrentQueue<Dictionary<string, string>> Sent { get; } = [];

        internal Task All => _all.Task;

        public ValueTask<SendOutcome> SendAsync(Uri address, ReadOnlyMemory<byte> body)
        {
            Sent.Enqueue(JsonSerializer.Deserialize<Dictionary<string, string>>(body.Span)!);
            if (Sent.Count == expected)
            {
                _all.TrySetResult();
            }
            return new(SendOutcome.Acknowledged);
        }

        public void Dispose()
        {
        }
    }

    /// <summary>It is always the same time of day, for what is signed is compared; and time passes, for the notifier has threads and a pace.</summary>
    private sealed class StandingClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
