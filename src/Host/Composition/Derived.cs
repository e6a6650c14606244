using HotPath.Core.DayFiles;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Configuration;

namespace HotPath.Host.Composition;

/// <summary>What is kept beside the book and follows from it by the change feed: day files, and the reconciliation files made of them.</summary>
internal sealed class Derived : IDisposable
{
    private readonly DayStore _days;

    /// <exception cref="IOException">The disk failed.</exception>
    internal Derived(GatewaySettings settings, TimeProvider clock, GatewayMetrics metrics, ILoggerFactory logs)
    {
        string directory = settings.Ledger.DataDirectory;
        _days = DayStore.Open(directory, clock, metrics, logs.CreateLogger<DayStore>());
        InstId[] institutions = [.. settings.Institutions.Select(one => InstId.From(one.InstId))];
        Recon = Reconciliation.Open(directory, _days, institutions, settings.PublicUrl, ThreadScheduler.Instance, clock, metrics, logs.CreateLogger<Reconciliation>());
    }

    internal IReadOnlyList<IFeedConsumer> Consumers => [_days];

    internal Reconciliation Recon { get; }

    /// <summary>The feed runs.</summary>
    internal void Start(ChangeFeed feed) => Recon.Start(cancellation => feed.CatchUpAsync(_days, cancellation));

    /// <summary>Nothing is built any more. Before the feed ends.</summary>
    internal void Stop() => Recon.Dispose();

    /// <summary>After the feed has ended: what was shown is made durable.</summary>
    public void Dispose() => _days.Dispose();
}
