using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Notify;
using HotPath.Core.Runtime;

namespace HotPath.Faults.Simulation;

/// <summary>What a test may put around the gateway's parts, to see that its fault is found. Nothing here.</summary>
internal class Bugs
{
    internal static readonly Bugs None = new();

    internal virtual IJournalStorage Storage(IJournalStorage storage) => storage;

    internal virtual ILedger Ledger(ILedger ledger, IScheduler scheduler) => ledger;

    internal virtual INotificationStore Notifications(INotificationStore store) => store;

    internal virtual IClearingAdapter Adapter(IClearingAdapter adapter) => adapter;
}
