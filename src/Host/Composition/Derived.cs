using HotPath.Core.Auth;
using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using HotPath.Core.Notify.Http;
using HotPath.Core.Notify.Storage;
using HotPath.Core.Recon;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Configuration;
using HotPath.Signing;

namespace HotPath.Host.Composition;

/// <summary>
/// What follows from the book by the change feed: notifications, day files, and the reconciliation files made of them. To be disposed of after the corridor,
/// which has the feed.
/// </summary>
internal sealed class Derived : IAsyncDisposable
{
    /// <exception cref="IOException">The disk failed.</exception>
    internal Derived(
        GatewaySettings settings, ILedger ledger, InstitutionDirectory institutions, GatewayKeys keys, TimeProvider clock, GatewayMetrics metrics, ILoggerFactory logs)
    {
        string directory = settings.Ledger.DataDirectory;
        Days = DayStore.Open(directory, clock, metrics, logs.CreateLogger<DayStore>());
        // Beside the journal: what is not acknowledged goes where the results are.
        Notifier = new Notifier(
            ledger, institutions, keys, SqliteNotificationStore.Open(Path.Combine(directory, "notify.db"), clock),
            new HttpNotifySender(settings.Notify, clock), new NotifyOptions(), ThreadScheduler.Instance, clock, metrics, logs.CreateLogger<Notifier>());
        Recon = Reconciliation.Open(
            directory, Days, [.. settings.Institutions.Select(one => InstId.From(one.InstId))], settings.PublicUrl, settings.Ledger.DiskReserveBytes, ThreadScheduler.Instance,
            clock, metrics, logs.CreateLogger<Reconciliation>());
    }

    internal IReadOnlyList<IFeedConsumer> Consumers => [Days, Notifier];

    internal DayStore Days { get; }

    internal Notifier Notifier { get; }

    internal Reconciliation Recon { get; }

    /// <summary>The feed runs: files can be built.</summary>
    internal void Start(ChangeFeed feed) => Recon.Start(cancellation => feed.CatchUpAsync(Days, cancellation));

    public async ValueTask DisposeAsync()
    {
        Recon.Dispose();
        await Notifier.DisposeAsync();
        Days.Dispose();
    }
}
