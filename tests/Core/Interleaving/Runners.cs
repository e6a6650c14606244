using System.Collections.Concurrent;

namespace HotPath.Core.Tests.Interleaving;

#pragma warning disable CA1001 // A runner disposes of it itself, at its end.

/// <summary>Threads that are used again: an exploration runs tens of thousands of executions of four threads each.</summary>
internal static class Runners
{
    private static readonly ConcurrentStack<Runner> Idle = new();

    internal static void Run(Action work)
    {
        if (!Idle.TryPop(out Runner? runner))
        {
            runner = new Runner();
        }
        runner.Take(work);
    }

    /// <summary>Ends them all; none is at work.</summary>
    internal static void Stop()
    {
        while (Idle.TryPop(out Runner? runner))
        {
            runner.Take(null);
        }
    }

    private sealed class Runner
    {
        private readonly SemaphoreSlim _taken = new(0);
        private Action? _work;

        internal Runner() => new Thread(Loop) { IsBackground = true, Name = "actor" }.Start();

        internal void Take(Action? work)
        {
            _work = work;
            _taken.Release();
        }

        private void Loop()
        {
            while (true)
            {
                _taken.Wait();
                if (_work is not { } work)
                {
                    _taken.Dispose();
                    return;
                }
                work();
                Idle.Push(this);
            }
        }
    }
}
