namespace HotPath.Core.Tests.Allocation;

/// <summary>Counts what is allocated.</summary>
internal static class Allocated
{
    // Code that has run often is compiled again in the background, and pools fill while threads come: the least of several rounds is the steady state.
    private const int Rounds = 6;

    /// <summary>By this thread, in the least of several rounds: beside which other tests may run.</summary>
    internal static long LeastOnThisThread(Action round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }

    /// <summary>By the whole process, for code that works on many threads. Only for tests that run alone.</summary>
    internal static async Task<long> LeastPerCallAsync(int calls, Func<Task> round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await round();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / calls);
        }
        return least;
    }
}
