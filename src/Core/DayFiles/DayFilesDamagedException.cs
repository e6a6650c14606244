namespace HotPath.Core.DayFiles;

/// <summary>
/// A day file is not as it was written, or gone. Nothing is answered from it; the next start makes all of them again from the journal.
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
}
