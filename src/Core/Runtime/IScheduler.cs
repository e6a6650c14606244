namespace HotPath.Core.Runtime;

/// <summary>
/// Where Core's own work runs. Core starts no thread and no task except through here, so that a simulation can run the same code
/// on one thread and virtual time.
/// </summary>
public interface IScheduler
{
    /// <summary>Runs <paramref name="item"/> soon, on any thread.</summary>
    void Post(IThreadPoolWorkItem item);

    /// <summary>Lets the calling thread wait. For what is rare: a stop, or the second at a <see cref="PatientLock"/>.</summary>
    void Sleep(TimeSpan time);

    /// <summary>Gives <paramref name="body"/> a thread of its own that steps it until the worker is disposed.</summary>
    IWorker StartWorker(string name, IWorkerBody body);
}

/// <summary>Work that one thread does step by step. Never called by two threads at once.</summary>
public interface IWorkerBody
{
    /// <summary>Does what there is to do and says how long to pause.</summary>
    /// <remarks>Called once more after a pause has been announced, so that a wake-up between the two is never lost.</remarks>
    WorkerPause Step();

    /// <summary>True for work that is to have what nobody else wants of the machine: its thread gives way to those that serve payments.</summary>
    bool IsInBackground => false;
}

/// <summary>A running worker.</summary>
public interface IWorker : IDisposable
{
    /// <summary>Ends a wakeable pause. Cheap when the worker is not pausing; callable from any thread.</summary>
    void Wake();
}

/// <summary>How long a worker pauses after a step.</summary>
/// <param name="Time">Zero: not at all.</param>
/// <param name="IsWakeable">False: the whole time, even when there is new work (a group commit gathering its group).</param>
public readonly record struct WorkerPause(TimeSpan Time, bool IsWakeable)
{
    public static WorkerPause None => default;

    public static WorkerPause Idle(TimeSpan atMost) => new(atMost, true);

    public static WorkerPause Linger(TimeSpan time) => new(time, false);
}
