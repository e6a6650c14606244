using HotPath.Core.Ledger;

namespace HotPath.Host.Admin;

/// <summary>Whether this gateway wants traffic, and if not, why.</summary>
internal sealed class Readiness
{
    private volatile string? _reason = "starting";
    private volatile ILedger? _ledger;

    /// <summary>Why no traffic is wanted; null when it is.</summary>
    internal string? Reason => _reason ?? (_ledger is { IsReady: true } ? null : "ledger is stopped");

    internal void Ready(ILedger ledger)
    {
        _ledger = ledger;
        _reason = null;
    }

    internal void Drain() => _reason = "draining";
}
