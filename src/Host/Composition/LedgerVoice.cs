using HotPath.Core.Ledger.Embedded;

namespace HotPath.Host.Composition;

/// <summary>Turns what the ledger tells its operators into log lines.</summary>
internal sealed partial class LedgerVoice(ILogger<EmbeddedLedger> logger)
{
    internal void Tell(LedgerEvent ledgerEvent) => LogEvent(LevelOf(ledgerEvent.Kind), ledgerEvent.Kind.ToString(), ledgerEvent.Message);

    private static LogLevel LevelOf(LedgerEventKind kind) => kind switch
    {
        LedgerEventKind.Stopped => LogLevel.Critical,
        LedgerEventKind.CheckpointFailed or LedgerEventKind.JournalDamaged or LedgerEventKind.DiskFull or LedgerEventKind.DiskSlow => LogLevel.Error,
        LedgerEventKind.TornTailDropped or LedgerEventKind.CheckpointUnusable or LedgerEventKind.IndexRebuilt or LedgerEventKind.NearlyFull =>
            LogLevel.Warning,
        LedgerEventKind.CheckpointTaken => LogLevel.Debug,
        _ => LogLevel.Information,
    };

    [LoggerMessage(EventId = 310, Message = "ledger {Kind}: {Text}")]
    private partial void LogEvent(LogLevel level, string kind, string text);
}
