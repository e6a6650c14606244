using System.Diagnostics;
using System.Globalization;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// A channel was away, the gateway was killed, and both are back: all that is PENDING is due at once. The channel never heard of any of it, so that each trade takes
/// an inquiry and a reversal. Payments go on by the same channel meanwhile; they are held against payments of a gateway that has nothing in doubt.
/// </summary>
internal sealed class PendingDrain : Scenario
{
    // Of the sandbox's channel: channels[].inquiries_per_second, which it leaves at its default.
    private const int Budget = 500;

    // Completions are counted, not sendings, and between two readings of a page.
    private const double ReadingMargin = 1.05;

    private const double MaxSlowdown = 1.5;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromHours(3);

    public override string Name => "pending-drain";

    public override string Proves =>
        "After a long outage what is PENDING comes to its end within the channel's budget, beside payments. --payments is how many are PENDING (1,000,000 is the full figure, and takes more than an hour), --rate the payments beside them.";

    public override string Expects =>
        "Never more inquiries and reversals a second than the budget of 500; p99 of the payments beside at most 1.5 times what it is without; nothing is left PENDING, and both books agree.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 300, Duration = TimeSpan.FromSeconds(10), Connections = 32, Payments = 5_000 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithClearingAsync("20ms", clearing => stage.WithFolderAsync(async data =>
    {
        string[] arguments = ["--channel-url", clearing.Url];
        Lane without = null!;
        await stage.WithGatewayAsync([Stage.Institution], arguments, async gateway =>
        {
            (without, _) = await MeasureAsync(stage, gateway, clearing, "payments, nothing in doubt", cancel);
        }, cancel);
        await stage.LeaveInDoubtAsync(data, cancel);
        stage.Say($"ready after {await stage.StartAndKillAsync(data, arguments, cancel):F1} s, and killed");
        long began = Stopwatch.GetTimestamp();
        await stage.WithGatewayAsync(data, arguments, async gateway =>
        {
            stage.Say($"ready again after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
            began = Stopwatch.GetTimestamp();
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            Task<DrainFigures> watching = WatchAsync(gateway, over.Token);
            (Lane beside, double leftThen) = await MeasureAsync(stage, gateway, clearing, "payments beside the drain", cancel);
            double left = leftThen;
            while (left > 0 && Stopwatch.GetElapsedTime(began) < DrainLimit)
            {
                // The gauge is renewed every 5 s.
                await Task.Delay(TimeSpan.FromSeconds(6), cancel);
                left = await gateway.PendingAsync(cancel);
            }
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            await over.CancelAsync();
            DrainFigures drain = await watching;
            stage.Say($"{left:F0} left {took.TotalSeconds:F0} s after the start; {drain.Messages:F0} messages to the channel, at most {drain.MostPerSecond:F0} a second; at most {drain.MostMegabytes:F0} MB resident");
            foreach (Finding finding in Judge(without, beside, stage.Options.Payments, leftThen, left, drain))
            {
                stage.Expect(finding);
            }
        }, cancel);
    }), cancel);

    /// <param name="without">Payments with nothing in doubt.</param>
    /// <param name="beside">Payments beside the drain.</param>
    /// <param name="inDoubt">How many were in doubt.</param>
    /// <param name="leftThen">How many were when the payments beside ended.</param>
    /// <param name="left">How many were in the end.</param>
    /// <param name="drain">What went to the channel.</param>
    internal static IEnumerable<Finding> Judge(Lane without, Lane beside, int inDoubt, double leftThen, double left, DrainFigures drain)
    {
        yield return Payments.EveryOnePaid("every payment is paid without the drain", without);
        yield return Payments.EveryOnePaid("every payment is paid beside it", beside);
        yield return new Finding("the drain goes on as long as it is measured", FormattableString.Invariant($"{leftThen:F0} were left then"), leftThen > 0);
        yield return new Finding(
            FormattableString.Invariant($"payments' p99 beside the drain at most {MaxSlowdown} of without"),
            FormattableString.Invariant($"{beside.P99Ms:F1} ms, without {without.P99Ms:F1} ms: {beside.P99Ms / without.P99Ms:F2}"),
            beside.P99Ms <= MaxSlowdown * without.P99Ms);
        yield return new Finding(
            FormattableString.Invariant($"never more than {Budget} inquiries and reversals a second"), FormattableString.Invariant($"at most {drain.MostPerSecond:F0}, over {Between.TotalSeconds} s"),
            drain.MostPerSecond <= Budget * ReadingMargin && drain.MostPerSecond > 0);
        yield return new Finding("nothing is left PENDING", FormattableString.Invariant($"{left:F0} of {inDoubt}"), left == 0);
        yield return new Finding(
            "each was asked about and reversed", FormattableString.Invariant($"{drain.Messages:F0} messages for {inDoubt}"), drain.Messages >= 2.0 * inDoubt);
    }

    private static async Task<(Lane Lane, double LeftThen)> MeasureAsync(Stage stage, GatewayUnderTest gateway, ClearingUnderTest clearing, string what, CancellationToken cancel)
    {
        var warmUp = TimeSpan.FromSeconds(4);
        Lane warm = stage.Payments(gateway, stage.Options.Rate, warmUp);
        await stage.RunAsync(gateway, warmUp, cancel, warm);
        Lane lane = stage.Payments(gateway, stage.Options.Rate, stage.Options.Duration);
        Measurement.Result result = await stage.RunAsync(gateway, stage.Options.Duration, cancel, lane);
        double left = await gateway.PendingAsync(cancel);
        clearing.Cleared(warm.Record);
        clearing.Cleared(lane.Record);
        stage.Show(what, lane, result);
        stage.RequirePunctual(lane);
        return (lane, left);
    }

    private static async Task<DrainFigures> WatchAsync(GatewayUnderTest gateway, CancellationToken over)
    {
        using var http = new HttpClient { BaseAddress = gateway.Target.Admin };
        var page = new Uri("/metrics", UriKind.Relative);
        double most = 0, megabytes = 0, first = DrainFigures.MessagesIn(await http.GetStringAsync(page, CancellationToken.None)), before = first;
        long readAt = Stopwatch.GetTimestamp();
        while (!over.IsCancellationRequested)
        {
            await Task.Delay(Between, CancellationToken.None);
            double now = DrainFigures.MessagesIn(await http.GetStringAsync(page, CancellationToken.None));
            long at = Stopwatch.GetTimestamp();
            most = Math.Max(most, (now - before) / Stopwatch.GetElapsedTime(readAt, at).TotalSeconds);
            megabytes = Math.Max(megabytes, gateway.Server.ResidentBytes() / 1e6);
            (before, readAt) = (now, at);
        }
        return new DrainFigures(before, most, megabytes);
    }
}

/// <summary>What went to the channel while everything in doubt came to its end.</summary>
/// <param name="Messages">Inquiries and reversals.</param>
/// <param name="MostPerSecond">Of them, at most.</param>
/// <param name="MostMegabytes">The gateway's resident memory at most.</param>
internal sealed record DrainFigures(double Messages, double MostPerSecond, double MostMegabytes)
{
    /// <summary>
    /// Answers to inquiries and reversals in a page of metrics: "not found" and "reversed" are no answers to payments. An inquiry answered with a payment's result is not
    /// counted, which this channel has none of.
    /// </summary>
    internal static double MessagesIn(string page) => page.Split('\n')
        .Where(static line => line.StartsWith("hotpath_channel_requests_total{", StringComparison.Ordinal) &&
            (line.Contains("result=\"notfound\"", StringComparison.Ordinal) || line.Contains("result=\"reversed\"", StringComparison.Ordinal)))
        .Sum(static line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
}
