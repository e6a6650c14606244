namespace HotPath.Faults.Simulation;

/// <summary>
/// Everything that ends together: one run of the gateway's process, or the world around it, which never ends. What a dead life still has
/// posted, timed or waiting for does not happen.
/// </summary>
internal sealed class Life
{
    internal Life(EventLoop loop, string name)
    {
        Loop = loop;
        Name = name;
        Context = new Continuations(this);
    }

    internal EventLoop Loop { get; }

    internal string Name { get; }

    internal bool IsDead { get; private set; }

    /// <summary>Current while an event of this life runs, so that what an await leaves behind becomes an event too.</summary>
    internal SynchronizationContext Context { get; }

    /// <summary>Threads that wait in the middle of an event of this life.</summary>
    internal List<LoopThread> Parked { get; } = [];

    /// <summary>Runs soon: somewhere in the next microseconds, in no order.</summary>
    internal void Post(Action<object?> run, object? state) => Loop.Soon(this, run, state);

    internal void Post(Action run) => Loop.Soon(this, static run => ((Action)run!)(), run);

    /// <summary>An exception that nobody handles ends the run.</summary>
    internal void Start(Func<Task> work) => Post(() => _ = GuardAsync(work));

    internal void After(TimeSpan time, Action run) => Loop.At(this, Loop.Now + Math.Max(0, time.Ticks), static run => ((Action)run!)(), run);

    /// <summary>For code of the simulation; the gateway has only timers.</summary>
    internal Task Delay(TimeSpan time)
    {
        var over = new TaskCompletionSource();
        After(time, over.SetResult);
        return over.Task;
    }

    /// <summary>Ends it between two steps. Those who wait inside are thrown out of their disk calls.</summary>
    internal void Kill()
    {
        if (!IsDead)
        {
            IsDead = true;
            EventLoop.Unwind(this);
        }
    }

    private async Task GuardAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (DeathException) when (IsDead)
        {
        }
        catch (Exception failure)
        {
            Loop.Fail(failure);
        }
    }

    /// <exception cref="DeathException">It is over.</exception>
    internal void ThrowIfDead()
    {
        if (IsDead)
        {
            throw new DeathException();
        }
    }

    private sealed class Continuations(Life life) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => life.Loop.Soon(life, static pair =>
        {
            var (callback, state) = ((SendOrPostCallback, object?))pair!;
            callback(state);
        }, (d, state));
    }
}

/// <summary>Unwinds the stack of a process that is dead: nothing it still does on its way out has an effect.</summary>
internal sealed class DeathException : Exception
{
    public DeathException()
        : base("the process is dead")
    {
    }

    public DeathException(string message)
        : base(message)
    {
    }

    public DeathException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
