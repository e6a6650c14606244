namespace HotPath.Core.Runtime;

/// <summary>
/// A lock for work that waits for the disk while it holds it. Whoever comes second sleeps through the scheduler instead of blocking its
/// thread, so that a simulation, which has one thread at a time, can let the first one go on. Not reentrant, not fair.
/// </summary>
internal sealed class PatientLock(IScheduler scheduler)
{
    // The first one waits for a disk: a millisecond more is within what that takes.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    // 1 while somebody is inside, by Interlocked from any thread.
    private int _isHeld;

    /// <summary>Returns when the caller is alone inside; disposing what is returned lets the next one in.</summary>
    internal Turn Enter()
    {
        while (Interlocked.Exchange(ref _isHeld, 1) == 1)
        {
            scheduler.Sleep(Pause);
        }
        return new Turn(this);
    }

    internal readonly ref struct Turn(PatientLock owner)
    {
        public void Dispose() => Volatile.Write(ref owner._isHeld, 0);
    }
}
