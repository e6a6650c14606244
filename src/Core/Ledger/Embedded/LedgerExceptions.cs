namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// Something that was durable is not there any more, or not as it was written. The engine refuses to start, or stops: it is never
/// silently shorter and never answers from what it cannot prove.
/// </summary>
public sealed class JournalDamagedException : Exception
{
    public JournalDamagedException()
    {
    }

    public JournalDamagedException(string message)
        : base(message)
    {
    }

    public JournalDamagedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public JournalDamagedException(string file, long offset, long sequence, string reason)
        : base($"{file} is damaged at offset {offset} (record {sequence}): {reason}")
    {
        File = file;
        Offset = offset;
        Sequence = sequence;
        Reason = reason;
    }

    /// <summary>The damaged or missing file.</summary>
    public string File { get; } = "";

    /// <summary>Byte in the file where the first damaged record begins.</summary>
    public long Offset { get; }

    /// <summary>The first record that is lost with it: a batch counts as a whole. 0 when not known.</summary>
    public long Sequence { get; }

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = "";
}

/// <summary>Another process has the data directory open.</summary>
public sealed class LedgerLockedException : Exception
{
    public LedgerLockedException()
    {
    }

    public LedgerLockedException(string message)
        : base(message)
    {
    }

    public LedgerLockedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The engine has stopped, and what was asked can no longer be answered from durable records.</summary>
public sealed class LedgerUnavailableException : Exception
{
    public LedgerUnavailableException()
    {
    }

    public LedgerUnavailableException(string message)
        : base(message)
    {
    }

    public LedgerUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
