using HotPath.Faults.Checking;
using HotPath.Host.Client;

namespace HotPath.Faults.Processes;

/// <summary>Cancels: who wishes what, and how long it takes until nothing of it is open any more.</summary>
internal sealed partial class Rig
{
    /// <summary>The simulator confirms the reversal of such a payment and executes it all the same, half a settle window after it came.</summary>
    internal const string LyingAmount = "1.12";

    // A turn of the resolver; the refund that gives the money back, which is not answered either, and is inquired 3, 6 and 12 s later; a busy machine.
    private static readonly TimeSpan ReturnTime = TimeSpan.FromSeconds(16);

    private readonly List<CancelWish> _cancels = [];

    /// <summary>A cancel of this order, by its own number.</summary>
    internal CancelWish NewCancel(Order order)
    {
        SignedMessage request = Requests.TradeCancel(order.Party.InstId, Clock);
        request["out_trade_no"] = order.Request["out_trade_no"];
        var cancel = new CancelWish(order, Sign(order.Party, request));
        lock (_cancels)
        {
            _cancels.Add(cancel);
        }
        return cancel;
    }

    internal CancelWish? AnyCancel(Random random)
    {
        lock (_cancels)
        {
            return _cancels.Count == 0 ? null : _cancels[Math.Max(random.Next(_cancels.Count), random.Next(_cancels.Count))];
        }
    }

    internal SignedMessage Again(CancelWish cancel) => Changed(cancel.Order.Party, cancel.Request, "version", cancel.Request["version"]!);

    /// <summary>The cancel's req_id for another order of the same institution.</summary>
    internal SignedMessage Redirected(CancelWish cancel, Order other) => Changed(cancel.Order.Party, cancel.Request, "out_trade_no", other.Request["out_trade_no"]!);

    /// <summary>Every cancel is repeated until it has its end, or is refused for good, and then once more.</summary>
    private async Task SettleCancelsAsync(TimeSpan limit)
    {
        CancelWish[] cancels;
        lock (_cancels)
        {
            cancels = [.. _cancels];
        }
        using var stop = new CancellationTokenSource(limit);
        await Parallel.ForEachAsync(cancels, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (cancel, _) =>
        {
            while ((await CallAsync(Caller!, cancel.Order, Again(cancel))) is { SaysFinal: false, Code: not ("B006" or "C004") } && !stop.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
            }
            await CallAsync(Caller!, cancel.Order, Again(cancel));
        });
    }

    /// <summary>The gateway looks again at what was reversed a settle window later, or after its start, and gives back what was executed all the same.</summary>
    private Task AwaitSurplusesAsync()
    {
        double[] reversed = [.. Orders.Where(order => order.Request["total_amount"] == LyingAmount && order.KnownFinalAtMs is not null).Select(order => (double)order.KnownFinalAtMs!)];
        TimeSpan left = reversed.Length == 0 ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(Math.Max(_startedAtMs, reversed.Max()) - NowMs) + Setup.SettleWindow + ReturnTime;
        return left > TimeSpan.Zero ? Task.Delay(left) : Task.CompletedTask;
    }
}
