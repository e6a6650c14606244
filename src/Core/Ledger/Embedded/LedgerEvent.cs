namespace HotPath.Core.Ledger.Embedded;

/// <summary>What the engine has to say to its operators.</summary>
public enum LedgerEventKind : byte
{
    None = 0,

    /// <summary>Recovery is done.</summary>
    Recovered,

    /// <summary>Bytes after the last durable batch, never acknowledged, were dropped.</summary>
    TornTailDropped,

    /// <summary>A checkpoint or manifest could not be used; an older one or the journal itself serves.</summary>
    CheckpointUnusable,

    /// <summary>The index was rebuilt from the whole journal.</summary>
    IndexRebuilt,

    /// <summary>A checkpoint counts from now on.</summary>
    CheckpointTaken,

    /// <summary>A checkpoint could not be taken; the next one will be tried.</summary>
    CheckpointFailed,

    /// <summary>80 % of the trades this node is configured for are in the book.</summary>
    NearlyFull,

    /// <summary>A sealed segment is not as it was written; payments go on, see docs/runbooks/journal-damaged.md.</summary>
    JournalDamaged,
    /// <summary>New payments are refused (A001) for want of disk space; everything else goes on.</summary>
    DiskFull,

    /// <summary>There is room again: new payments are taken.</summary>
    DiskHasRoom,

    /// <summary>New payments are refused (A001) because a commit takes too long.</summary>
    DiskSlow,

    /// <summary>Commits are quick again: new payments are taken.</summary>
    DiskIsQuick,

    /// <summary>The engine has stopped itself: nothing more is acknowledged.</summary>
    Stopped,
}

/// <summary>An event and the sentence that goes with it.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Message">For people.</param>
/// <param name="Took">For <see cref="LedgerEventKind.CheckpointTaken"/>, how long it took until it counted; zero otherwise.</param>
public readonly record struct LedgerEvent(LedgerEventKind Kind, string Message, TimeSpan Took = default);
