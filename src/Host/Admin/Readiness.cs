using HotPath.Core.Ledger;

namespace HotPath.Host.Admin;

/// <summary>Whether this gateway wants traffic, and if not, why.</summary>
internal sealed class Readiness
{
    // Payments are refused after a quarter of this; a whole second is no hiccup, and another node should get the calls.
    private static readonly TimeSpan LongestCommit = TimeSpan.FromSeconds(1);

    private volatile string? _reason = "starting";
    private volatile ILedger? _ledger;

    /// <summary>Why no traffic is wanted; null when it is.</summary>
    internal string? Reason => _reason
        ?? (_ledger is not { IsReady: true } ledger ? "ledger is stopped" : ledger.CommitTime > LongestCommit ? "disk is stuck" : null);

    internal void Ready(ILedger ledger)
    {
        _ledger = ledger;
        _reason = null;
    }

    internal void Drain() => _reason = "draining";
}
