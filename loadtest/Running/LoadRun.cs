using System.Threading.Channels;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Wire;

namespace HotPath.LoadTest.Running;

/// <summary>
/// Connections to one gateway and two ways to use them. Open loop: payments arrive when they arrive, whatever the gateway does, and wait
/// for a free connection if there is none. Closed loop: each connection sends its next payment when it has the answer to its last one;
/// that finds how much the gateway can do, and says little about what customers wait.
/// </summary>
internal sealed class LoadRun : IAsyncDisposable
{
    // After the last arrival; the gateway answers within 3 s, and 0001 within 2.5 s.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeadTime = TimeSpan.FromMilliseconds(50);

    private readonly PaymentCaller[] _callers;
    private readonly RunRecord _record;
    private volatile bool _isCut;

    public LoadRun(GatewayEndpoint endpoint, int connections, RunRecord record, AnswerCheck check)
    {
        _record = record;
        _callers = [.. Enumerable.Range(0, connections).Select(_ => new PaymentCaller(endpoint, record, check))];
    }

    /// <summary>Makes every connection, so that no handshake is in what is measured.</summary>
    public Task OpenAsync(CancellationToken cancel) =>
        Parallel.ForEachAsync(_callers, cancel, static async (caller, token) => await caller.OpenAsync(token));

    /// <summary>Open loop from the pack's body <paramref name="first"/> on.</summary>
    /// <returns>Bodies used.</returns>
    public async Task<int> OpenLoopAsync(Pack pack, int first, ArrivalSchedule schedule, TimeSpan duration, CancellationToken cancel)
    {
        var due = Channel.CreateUnbounded<Arrival>(new UnboundedChannelOptions { SingleWriter = true });
        Task[] callers = [.. _callers.Select(caller => ServeAsync(caller, pack, due.Reader))];
        int used = 0;
        var pacing = new Thread(() => used = Pace(pack, first, schedule.Until(duration), due.Writer, cancel)) { Name = "pacer" };
        pacing.Start();
        await due.Reader.Completion.WaitAsync(duration + LeadTime + DrainTime, CancellationToken.None)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndAsync(callers);
        pacing.Join();
        while (due.Reader.TryRead(out Arrival left))
        {
            _record.Unanswered(new CallTimes(left.Intended, left.Intended, Pacer.Now));
        }
        return used;
    }

    /// <summary>Closed loop until the time is over or the pack is used up.</summary>
    /// <returns>Bodies used.</returns>
    public async Task<int> ClosedLoopAsync(Pack pack, int first, TimeSpan duration, CancellationToken cancel)
    {
        int next = first - 1;
        _record.Begin(Pacer.Now);
        long end = Pacer.Now + (long)duration.TotalNanoseconds;
        async Task RepeatAsync(PaymentCaller caller)
        {
            while (Pacer.Now < end && !_isCut && !cancel.IsCancellationRequested && Interlocked.Increment(ref next) is int index && index < pack.Count)
            {
                long now = Pacer.Now;
                _record.Arrived(now);
                await caller.CallAsync(pack.Memory(index), index, now);
            }
        }
        Task[] callers = [.. _callers.Select(caller => Task.Run(() => RepeatAsync(caller), CancellationToken.None))];
        await Task.WhenAll(callers).WaitAsync(duration + DrainTime, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndAsync(callers);
        return Math.Min(next + 1, pack.Count) - first;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (PaymentCaller caller in _callers)
        {
            await caller.DisposeAsync();
        }
    }

    private int Pace(Pack pack, int first, IEnumerable<long> arrivals, ChannelWriter<Arrival> due, CancellationToken cancel)
    {
        int index = first;
        long start = Pacer.Now + (long)LeadTime.TotalNanoseconds;
        _record.Begin(start);
        foreach (long at in arrivals)
        {
            if (index == pack.Count || cancel.IsCancellationRequested)
            {
                break;
            }
            Pacer.SleepUntil(start + at);
            _record.Arrived(start + at);
            due.TryWrite(new Arrival(index++, start + at));
        }
        due.Complete();
        return index - first;
    }

    private async Task ServeAsync(PaymentCaller caller, Pack pack, ChannelReader<Arrival> due)
    {
        await Task.Yield();
        while (!_isCut && await due.WaitToReadAsync())
        {
            if (!due.TryRead(out Arrival arrival))
            {
                continue;
            }
            await caller.CallAsync(pack.Memory(arrival.Index), arrival.Index, arrival.Intended);
        }
    }

    // What is under way gets its time; after that the connections are cut, and every call on them ends as one without an answer.
    private async Task EndAsync(Task[] callers)
    {
        Task all = Task.WhenAll(callers);
        await all.WaitAsync(DrainTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!all.IsCompleted)
        {
            _isCut = true;
            await DisposeAsync();
            await all;
        }
    }

    private readonly record struct Arrival(int Index, long Intended);
}
