using System.Runtime.CompilerServices;

namespace HotPath.Core.Tests.Interleaving;

#pragma warning disable CS9216 // A Lock is only a key here; nobody locks it as a monitor.

/// <summary>
/// What <see cref="Weaver"/> puts in the place of Core's own shared accesses and waits. On a thread that no <see cref="Execution"/> controls
/// each is what it replaces. Public because Core calls it.
/// </summary>
public static class Controlled
{
    private static readonly ConditionalWeakTable<EventWaitHandle, StrongBox<bool>> Events = [];
    private static readonly ConditionalWeakTable<Thread, ThreadStart> Starts = [];

    // The lock that each scope of this thread holds, innermost last: a scope does not tell.
    [ThreadStatic]
    private static Stack<Lock>? _scopes;

    // Holders, by lock; only the thread with the baton reads or writes it.
    private static readonly ConditionalWeakTable<object, Holder> Holders = [];

    public static void Point(string where) => Execution.Point(where);

    public static Lock.Scope EnterScope(Lock entered)
    {
        if (Execution.Current is not null)
        {
            Take(entered);
            (_scopes ??= []).Push(entered);
        }
        return entered.EnterScope();
    }

    public static void ExitScope(ref Lock.Scope scope)
    {
        scope.Dispose();
        if (Execution.Current is not null)
        {
            Leave(_scopes!.Pop());
        }
    }

    public static void MonitorEnter(object entered, ref bool isTaken)
    {
        if (Execution.Current is not null)
        {
            Take(entered);
        }
        Monitor.Enter(entered, ref isTaken);
    }

    public static void MonitorExit(object entered)
    {
        Monitor.Exit(entered);
        if (Execution.Current is not null)
        {
            Leave(entered);
        }
    }

    /// <summary>Never times out: who can only go on by a time-out was not woken, and that is what a test looks for.</summary>
    public static bool WaitOne(WaitHandle handle, TimeSpan time)
    {
        if (Execution.Current is null)
        {
            return handle.WaitOne(time);
        }
        StrongBox<bool> isSet = Events.GetOrCreateValue((EventWaitHandle)handle);
        Execution.Until("WaitOne", () => isSet.Value);
        isSet.Value = false;
        return true;
    }

    public static bool Set(EventWaitHandle handle)
    {
        if (Execution.Current is not null)
        {
            Execution.Point("Set");
        }
        Events.GetOrCreateValue(handle).Value = true;
        return handle.Set();
    }

    /// <summary>Under control a thread object is a name only: the work is an actor's.</summary>
    public static Thread NewThread(ThreadStart start)
    {
        var thread = new Thread(start);
        if (Execution.Current is not null)
        {
            Starts.Add(thread, start);
        }
        return thread;
    }

    public static void Start(Thread thread)
    {
        if (Execution.Current is { } execution)
        {
            Starts.TryGetValue(thread, out ThreadStart? start);
            execution.Start(thread, thread.Name ?? "thread", () => start!());
            return;
        }
        thread.Start();
    }

    public static void Join(Thread thread)
    {
        if (Execution.Current is { } execution)
        {
            Execution.Until("Join", () => execution.HasEnded(thread));
            return;
        }
        thread.Join();
    }

    public static void Sleep(TimeSpan time)
    {
        if (Execution.Current is not null)
        {
            Execution.Spin("Sleep");
            return;
        }
        Thread.Sleep(time);
    }

    public static void SpinOnce(ref SpinWait wait)
    {
        if (Execution.Current is not null)
        {
            Execution.Spin("SpinOnce");
            return;
        }
        wait.SpinOnce();
    }

    // For planted bugs: what these are without the bus lock.
    public static int TornExchange(ref int location, int value)
    {
        int before = location;
        Execution.Point("torn");
        location = value;
        return before;
    }

    public static long TornCompareExchange(ref long location, long value, long comparand)
    {
        long before = location;
        Execution.Point("torn");
        if (before == comparand)
        {
            location = value;
        }
        return before;
    }

    public static ulong TornCompareExchangeUnsigned(ref ulong location, ulong value, ulong comparand)
    {
        ulong before = location;
        Execution.Point("torn");
        if (before == comparand)
        {
            location = value;
        }
        return before;
    }

    private static void Take(object taken)
    {
        Execution.Point("lock");
        Holder holder = Holders.GetOrCreateValue(taken);
        Thread self = Thread.CurrentThread;
        Execution.Until("lock", () => holder.Times == 0 || holder.By == self);
        holder.By = self;
        holder.Times++;
    }

    private static void Leave(object left)
    {
        Holder holder = Holders.GetOrCreateValue(left);
        holder.Times--;
    }

    private sealed class Holder
    {
        internal Thread? By;
        internal int Times;
    }
}
