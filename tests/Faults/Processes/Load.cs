using HotPath.Faults.Checking;
using HotPath.Host.Client;

namespace HotPath.Faults.Processes;

/// <summary>
/// What institutions do while a fault strikes: payments of every outcome that the simulator knows, each also as several connections at
/// once, repeated, repeated with other content, ordered twice, and queried; refunds of what was paid, alike; and cancels of what is under way, or was.
/// </summary>
internal sealed class Load(Rig rig, int seed)
{
    private const int Lanes = 6;

    // Calls that wait for the channel hold no lane: a payment in doubt takes the whole 2.5 s.
    private const int MostOpenCalls = 200;
    private static readonly TimeSpan LanePatience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromMilliseconds(200);

    // By the last two digits: success; three declines; success and decline after 5 s; an error; executed without answer; lost; late by 12 s; executed whatever
    // reversal was confirmed.
    private static readonly string[] Amounts =
    [
        "88.80", "12.34", "7.00", "5.55", "100.01", "20.00", "31.15", "64.50", "88.80", "12.34",
        "1.02", "1.03", "1.04", "1.05", "1.06", "1.08", "1.09", "1.10", "1.07", Rig.LyingAmount,
    ];

    // Less than the least payment, by the same last two digits.
    private static readonly string[] RefundAmounts = ["0.50", "1.00", "0.20", "0.90", "0.02", "0.05", "0.06", "0.08", "0.09", "0.10", "5.55"];

    private readonly List<Task> _open = [];

    /// <summary>Calls until <paramref name="end"/>, and returns when every call has ended.</summary>
    internal async Task RunAsync(Caller caller, Task end)
    {
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunLaneAsync(caller, new Random(seed + lane), end))));
        Task[] open;
        lock (_open)
        {
            open = [.. _open];
        }
        await Task.WhenAll(open);
    }

    private async Task RunLaneAsync(Caller caller, Random random, Task end)
    {
        while (!end.IsCompleted)
        {
            int dice = random.Next(100);
            IEnumerable<(Order Order, SignedMessage Request)> next = (dice < 15 ? NextRefund(random) : dice < 27 ? NextCancel(random) : null) ?? Next(random);
            Task<Call[]> calls = Task.WhenAll(next.Select(call => rig.CallAsync(caller, call.Order, call.Request)));
            lock (_open)
            {
                _open.RemoveAll(task => task.IsCompleted);
                _open.Add(calls);
            }
            if (await Task.WhenAny(calls, Task.Delay(LanePatience)) == calls && (await calls)[0] is { } first && (first.Status != 200 || first.Code is "A001" or "A002"))
            {
                // Nobody answers, or everything is refused: an institution waits, and what it did not get is asked for again in the end.
                await Task.Delay(first.Status == 0 ? rig.UnansweredPause : RefusedPause);
            }
            while (!end.IsCompleted && _open.Count >= MostOpenCalls)
            {
                await Task.Delay(20);
            }
        }
    }

    private IEnumerable<(Order Order, SignedMessage Request)>? NextRefund(Random random)
    {
        int dice = random.Next(100);
        if (dice < 60)
        {
            if (rig.AnyOrder(random) is not { PaidTradeNo: not null } paid)
            {
                return null;
            }
            RefundWish[] wishes = [.. Enumerable.Range(0, dice < 15 ? random.Next(2, 9) : 1).Select(_ => rig.NewRefund(paid, RefundAmounts[random.Next(RefundAmounts.Length)]))];
            return wishes.Select(wish => (wish.Order, wish.Request));
        }
        return rig.AnyRefund(random) is not { } old ? null : [(old.Order, dice < 75 ? old.Request : dice < 90 ? rig.Again(old) : rig.Query(old))];
    }

    // Mostly of what has no end yet, and then beside whoever repeats the payment.
    private IEnumerable<(Order Order, SignedMessage Request)>? NextCancel(Random random)
    {
        int dice = random.Next(100);
        if (dice < 60)
        {
            Order?[] some = [.. Enumerable.Range(0, 6).Select(_ => rig.AnyOrder(random))];
            if ((dice < 50 ? Array.Find(some, order => order is { KnownFinalAtMs: null }) : some[0]) is not { } order)
            {
                return null;
            }
            CancelWish[] wishes = [.. Enumerable.Range(0, dice < 15 ? random.Next(2, 9) : 1).Select(_ => rig.NewCancel(order))];
            return [.. wishes.Select(wish => (order, wish.Request)), .. dice % 3 == 0 ? [(order, order.Request)] : Array.Empty<(Order, SignedMessage)>()];
        }
        if (rig.AnyCancel(random) is not { } old)
        {
            return null;
        }
        return [(old.Order, dice < 80 ? old.Request : dice < 92 || rig.AnyOrder(random) is not { } other || other.Party != old.Order.Party ? rig.Again(old) : rig.Redirected(old, other))];
    }

    private IEnumerable<(Order Order, SignedMessage Request)> Next(Random random)
    {
        int dice = random.Next(100);
        Order? old = dice < 55 ? null : rig.AnyOrder(random);
        if (old is null)
        {
            Order order = rig.NewOrder(random, Amounts[random.Next(Amounts.Length)]);
            return Enumerable.Repeat((order, order.Request), dice < 10 ? random.Next(2, 9) : 1);
        }
        return [(old, dice switch
        {
            < 68 => old.Request,
            < 80 => rig.Again(old),
            < 94 => rig.Query(old),
            < 97 => rig.Changed(old, "total_amount", "3.33"),
            _ => rig.Changed(old, "req_id", "X" + Guid.NewGuid().ToString("N")),
        })];
    }
}
