namespace HotPath.Core.DayFiles;

/// <summary>
/// A day file is not as it was written, or gone. Nothing is answered from it; all of them are made again from the journal.
/// </summary>
public sealed class DayFilesDamagedException : Exception
{
    public DayFilesDamagedException()
    {
    }

    public DayFilesDamagedException(string message)
        : base(message)
    {
    }

    public DayFilesDamagedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>It cannot be read just now, and that says nothing about the file: all of them are being made again, or the process has no file descriptor left.</summary>
    internal bool IsPassing { get; init; }
}
