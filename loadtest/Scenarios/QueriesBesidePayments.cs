using System.Globalization;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// Tills pay and back offices ask, at the same time. A query has no clearing house to wait for: all it takes is the gateway's own time (6.1 asks
/// for 300 ms on average).
/// </summary>
internal sealed class QueriesBesidePayments : Scenario
{
    private const double PaymentRate = 1000;
    private const double MaxP99Ms = 5;

    public override string Name => "queries-beside-payments";

    public override string Proves => "Queries take the gateway's own time and no more while payments come in (1,000 a second). --rate is the queries', --payments how many trades they ask for.";

    public override string Expects => "Every query is told its trade, every payment is paid; the queries' p99 is at most 5 ms.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 2000, Duration = TimeSpan.FromSeconds(12), Connections = 64, Payments = 2000 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithGatewayAsync(
        ["--in-process-channel"],
        async gateway =>
        {
            TimeSpan duration = stage.Options.Duration;
            await stage.WarmUpAsync(gateway, cancel);
            // Every answer is verified, and so every trade's number is known.
            var paying = new Lane(stage.Sign(gateway, stage.Options.Payments), stage.Options.Connections) { Check = new AnswerCheck(gateway.Sandbox.Gateway, 1) };
            await stage.RunAsync(gateway, TimeSpan.FromMinutes(1), cancel, paying);
            Pack questions = Questions(gateway, paying.Record.Trades);

            // Queries take another way through the gateway than payments do, and it is cold.
            await stage.RunAsync(gateway, TimeSpan.FromSeconds(3), cancel, Asking(TimeSpan.FromSeconds(3)));
            Lane beside = stage.Payments(gateway, PaymentRate, duration);
            Lane queries = Asking(duration);
            Measurement.Result result = await stage.RunAsync(gateway, duration, cancel, beside, queries);
            stage.Show("payments", beside, result);
            stage.Show("queries", queries, result);
            stage.RequirePunctual(queries);
            foreach (Finding finding in Judge(beside, queries))
            {
                stage.Expect(finding);
            }

            Lane Asking(TimeSpan time)
            {
                ArrivalSchedule schedule = stage.Poisson(stage.Options.Rate);
                return new Lane(questions.Repeated(schedule.AtMost(time)), stage.Options.Connections)
                {
                    Arrivals = schedule,
                    Check = new AnswerCheck(gateway.Sandbox.Gateway, 100),
                };
            }
        },
        cancel);

    internal static IEnumerable<Finding> Judge(Lane payments, Lane queries)
    {
        yield return Payments.EveryOnePaid("every payment is paid", payments);
        string others = queries.Others(RespCodes.Success);
        yield return new Finding("every query is told its trade", others.Length == 0 ? "nothing else" : others, others.Length == 0 && queries.Count(RespCodes.Success) > 0);
        yield return new Finding(
            FormattableString.Invariant($"queries' p99 at most {MaxP99Ms} ms"), FormattableString.Invariant($"{queries.P99Ms:F1} ms"), queries.P99Ms <= MaxP99Ms);
    }

    private static Pack Questions(GatewayUnderTest gateway, IReadOnlyList<PaidTrade> trades)
    {
        SignedBody signer = gateway.Sandbox.Signers[Stage.Institution];
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new Pack([.. trades.Select((trade, i) => signer.Query(string.Create(CultureInfo.InvariantCulture, $"Q{i}-{trade.TradeNo}"), now, trade.TradeNo))], now);
    }
}
