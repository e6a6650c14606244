namespace HotPath.Core.Model;

/// <summary>Whether a channel is called.</summary>
public enum BreakerState : byte
{
    /// <summary>It is called.</summary>
    Closed = 0,

    /// <summary>It is left alone.</summary>
    Open,

    /// <summary>It is left alone but for one probe that is under way.</summary>
    HalfOpen,
}

/// <summary>Why a breaker changed its state.</summary>
public enum BreakerCause : byte
{
    /// <summary>Opened: too large a share of technical errors.</summary>
    ErrorRate = 0,

    /// <summary>Opened: slow calls in a row.</summary>
    SlowCalls,

    /// <summary>Opened: nothing but errors for too long.</summary>
    Unavailable,

    /// <summary>Opened or closed by an operator.</summary>
    Manual,

    /// <summary>Half-open: it was time for a probe.</summary>
    ProbeDue,

    /// <summary>Open again: the probe failed.</summary>
    ProbeFailed,

    /// <summary>Closed: the probe was answered.</summary>
    ProbeAnswered,
}
