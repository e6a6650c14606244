namespace HotPath.Faults.Simulation;

/// <summary>
/// Virtual time, and everything that happens in it, one event after the other. What is due at one instant happens in an order that the seed
/// decides. Exactly one thread runs at any moment, whatever thread that is: an event that waits (for a disk) keeps its thread's stack, and
/// another thread goes on with the loop until it comes back. So a seed gives the same run, bit for bit, which <see cref="Hash"/> proves.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    /// <summary>A run that needs more goes in circles.</summary>
    private const long MostEvents = 30_000_000;

    // A posted item waits for a free thread so long at most, in ticks of 100 ns; nearly always far less.
    private const int LongestSoon = 500;
    private const int LongestStarved = 50_000;

    private readonly PriorityQueue<Event, Due> _queue = new();
    private readonly Stack<LoopThread> _idle = [];
    private readonly List<LoopThread> _threads = [];
    private readonly SemaphoreSlim _over = new(0);
    private readonly Chance _order;
    private long _number;
    private long _events;
    private volatile bool _isOver;
    private int _isTold;
    private Exception? _failure;

    internal EventLoop(Chance order)
    {
        _order = order;
        World = new Life(this, "world");
    }

    /// <summary>What is not the gateway: clients, the channel, the hand that kills.</summary>
    internal Life World { get; }

    /// <summary>Ticks of 100 ns since the run began.</summary>
    internal long Now { get; private set; }

    internal long NowMs => Now / TimeSpan.TicksPerMillisecond;

    /// <summary>Over every event and everything that was written or answered: two runs with the same hash were the same run.</summary>
    internal ulong Hash { get; private set; } = 0xCBF29CE484222325;

    internal bool IsDisposed => _isOver;

    internal void Note(ulong what) => Hash = (ulong.RotateLeft(Hash, 23) ^ what) * 0x9E3779B97F4A7C15;

    internal void At(Life life, long at, Action<object?> run, object? state)
    {
        if (!life.IsDead)
        {
            _queue.Enqueue(new Event(life, run, state, null), new Due(at, (uint)_order.Next(), _number++));
        }
    }

    internal void Soon(Life life, Action<object?> run, object? state)
    {
        if (!life.IsDead)
        {
            int wait = _order.Below(_order.Happens(0.01) ? LongestStarved : LongestSoon);
            At(life, Now + wait, run, state);
        }
    }

    /// <summary>Runs <paramref name="main"/> and everything it brings about, until its task has ended.</summary>
    internal void Run(Func<Task> main)
    {
        At(World, 0, _ => _ = EndAfter(main), null);
        Rest(null).Go();
        _over.Wait();
        if (_failure is not null)
        {
            throw new InvalidOperationException($"after {Now / (double)TimeSpan.TicksPerSecond:F6} virtual seconds: {_failure.Message}", _failure);
        }
    }

    /// <summary>The calling event waits, in the middle of what it does, while others happen.</summary>
    /// <exception cref="DeathException">Its life ended meanwhile.</exception>
    internal void Park(Life life, TimeSpan time)
    {
        life.ThrowIfDead();
        long until = Now + Math.Max(0, time.Ticks);
        if (!_queue.TryPeek(out _, out Due next) || next.At > until)
        {
            // Nothing happens before: no need to let anybody else run.
            Now = until;
            return;
        }
        LoopThread me = LoopThread.Current;
        _queue.Enqueue(new Event(life, null, null, me), new Due(until, (uint)_order.Next(), _number++));
        life.Parked.Add(me);
        Rest(null).Go();
        me.Wait();
        life.Parked.Remove(me);
        life.ThrowIfDead();
    }

    /// <summary>Throws everybody who waits inside a dead life out of there, one after the other.</summary>
    internal static void Unwind(Life dead)
    {
        LoopThread me = LoopThread.Current;
        foreach (LoopThread parked in dead.Parked.ToArray())
        {
            parked.GoesBackTo = me;
            parked.Go();
            me.Wait();
        }
    }

    /// <summary>What a loop thread does when it is its turn, until it is another's.</summary>
    internal void Turn(LoopThread me)
    {
        while (!_isOver)
        {
            if (!_queue.TryDequeue(out Event next, out Due due))
            {
                Fail(new InvalidOperationException("nothing is left to happen, and the run has not ended"));
                break;
            }
            if (next.Life.IsDead)
            {
                continue;
            }
            Now = Math.Max(Now, due.At);
            Note((ulong)due.At ^ (ulong)due.Number);
            if (next.Waiting is { } waiting)
            {
                Rest(me);
                waiting.Go();
                return;
            }
            Happen(next);
            if (me.GoesBackTo is { } other)
            {
                me.GoesBackTo = null;
                Rest(me);
                other.Go();
                return;
            }
        }
        if (Interlocked.Exchange(ref _isTold, 1) == 0)
        {
            _over.Release();
        }
    }

    internal void Fail(Exception failure)
    {
        _failure ??= failure;
        _isOver = true;
    }

    public void Dispose()
    {
        _isOver = true;
        foreach (LoopThread thread in _threads)
        {
            thread.Dispose();
        }
        _over.Dispose();
    }

    private void Happen(in Event next)
    {
        if (++_events > MostEvents)
        {
            Fail(new InvalidOperationException($"{MostEvents} events, and no end"));
            return;
        }
        try
        {
            SynchronizationContext.SetSynchronizationContext(next.Life.Context);
            next.Run!(next.State);
        }
        catch (DeathException) when (next.Life.IsDead)
        {
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private async Task EndAfter(Func<Task> main)
    {
        try
        {
            await main();
        }
        catch (Exception failure)
        {
            _failure ??= failure;
        }
        _isOver = true;
    }

    /// <summary>Puts a thread to rest, or, without one, wakes one that rests.</summary>
    private LoopThread Rest(LoopThread? mine)
    {
        if (mine is not null)
        {
            _idle.Push(mine);
            return mine;
        }
        if (!_idle.TryPop(out LoopThread? idle))
        {
            idle = new LoopThread(this);
            _threads.Add(idle);
        }
        return idle;
    }

    private readonly record struct Event(Life Life, Action<object?>? Run, object? State, LoopThread? Waiting);

    private readonly record struct Due(long At, uint Tie, long Number) : IComparable<Due>
    {
        public int CompareTo(Due other) =>
            At != other.At ? At.CompareTo(other.At) : Tie != other.Tie ? Tie.CompareTo(other.Tie) : Number.CompareTo(other.Number);
    }
}

/// <summary>A thread that runs the loop when it is its turn: the baton goes from one to the next, and nobody runs without it.</summary>
internal sealed class LoopThread : IDisposable
{
    [ThreadStatic]
    private static LoopThread? _current;

    private readonly SemaphoreSlim _turn = new(0);
    private readonly EventLoop _loop;

    internal LoopThread(EventLoop loop)
    {
        _loop = loop;
        new Thread(Run, maxStackSize: 512 * 1024) { IsBackground = true, Name = "simulation" }.Start();
    }

    internal static LoopThread Current => _current ?? throw new InvalidOperationException("only an event may wait");

    /// <summary>Who waits for this one to come out of a dead life.</summary>
    internal LoopThread? GoesBackTo { get; set; }

    internal void Go() => _turn.Release();

    /// <exception cref="DeathException">The run is over.</exception>
    internal void Wait()
    {
        _turn.Wait();
        if (_loop.IsDisposed)
        {
            throw new DeathException();
        }
    }

    /// <summary>The run is over; the thread ends by itself.</summary>
    public void Dispose() => _turn.Release();

    private void Run()
    {
        _current = this;
        while (true)
        {
            _turn.Wait();
            if (_loop.IsDisposed)
            {
                return;
            }
            _loop.Turn(this);
        }
    }
}
