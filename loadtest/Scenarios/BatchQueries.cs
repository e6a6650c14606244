using System.Globalization;
using System.Text.Json;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Wire;

namespace HotPath.LoadTest.Scenarios;

/// <summary>Back offices ask for a hundred trades at once: by the gateway's numbers, by their own, and for any page of a day, over a large book.</summary>
internal sealed class BatchQueries : Scenario
{
    private const double PaymentRate = 200;
    private const int Rows = 100;
    private const double MaxP99Ms = 20;

    // Different lists; they are asked again in turn, and the book is thousands of times larger than they are together.
    private const int Lists = 200;

    public override string Name => "batch-queries";

    public override string Proves => "A hundred trades are told at once, out of a large book, while payments come in (200 a second). --rate is each kind of batch query's, --payments how many trades yesterday had.";

    public override string Expects => "Every question is answered with a full page; the p99 of each kind is at most 20 ms; every payment is paid.";

    public override ScenarioOptions Defaults { get; } = new() { Rate = 20, Duration = TimeSpan.FromSeconds(8), Connections = 16, Payments = 1_000_000 };

    public override Task RunAsync(Stage stage, CancellationToken cancel) => stage.WithBookOfYesterdayAsync(
        async gateway =>
        {
            TimeSpan duration = stage.Options.Duration;
            DateTimeOffset now = TimeProvider.System.GetUtcNow();
            SignedBody signer = gateway.Sandbox.Signers[Stage.Institution];
            var random = new Random(stage.Options.Seed);
            string snapshot = (await ReadAsync(gateway, new Pack([Page(signer, "W", now, 1, null)], now)))[0].Snapshot;
            int pages = stage.Options.Payments / Rows;
            var windows = new Pack([.. Enumerable.Range(0, Lists).Select(i => Page(signer, $"W{i}", now, 1 + random.Next(pages), snapshot))], now);
            List<string[]> numbers = [.. (await ReadAsync(gateway, windows)).Select(static page => page.Numbers)];
            var byNumber = new Pack([.. numbers.Select((list, i) => List(signer, $"N{i}", now, "trade_no_list", list))], now);
            var byOrder = new Pack([.. Enumerable.Range(0, Lists).Select(i => List(signer, $"O{i}", now, "out_trade_no_list", Orders(random, stage.Options.Payments)))], now);
            stage.Expect("every page of the day is full", numbers.TrueForAll(static list => list.Length == Rows), $"{numbers.Count} pages, the shortest of {numbers.Min(static list => list.Length)} rows");

            await stage.WarmUpAsync(gateway, cancel);
            await stage.RunAsync(gateway, TimeSpan.FromSeconds(3), cancel, Asking(windows, TimeSpan.FromSeconds(3)), Asking(byNumber, TimeSpan.FromSeconds(3)), Asking(byOrder, TimeSpan.FromSeconds(3)));
            Lane payments = stage.Payments(gateway, PaymentRate, duration);
            (string Name, Lane Lane)[] kinds =
                [("by trade_no", Asking(byNumber, duration)), ("by out_trade_no", Asking(byOrder, duration)), ("any page of the day", Asking(windows, duration))];
            Measurement.Result result = await stage.RunAsync(gateway, duration, cancel, [payments, .. kinds.Select(static kind => kind.Lane)]);
            stage.Show("payments", payments, result);
            stage.Expect(Payments.EveryOnePaid("every payment is paid", payments));
            foreach ((string name, Lane lane) in kinds)
            {
                stage.Show(name, lane, result);
                stage.RequirePunctual(lane);
                foreach (Finding finding in Judge(name, lane))
                {
                    stage.Expect(finding);
                }
            }

            Lane Asking(Pack questions, TimeSpan time)
            {
                ArrivalSchedule schedule = stage.Poisson(stage.Options.Rate);
                return new Lane(questions.Repeated(schedule.AtMost(time)), stage.Options.Connections)
                {
                    Arrivals = schedule,
                    Check = new AnswerCheck(gateway.Sandbox.Gateway, 20),
                };
            }
        },
        cancel);

    internal static IEnumerable<Finding> Judge(string name, Lane lane)
    {
        string others = lane.Others(RespCodes.Success);
        yield return new Finding($"{name}: every question is answered", others.Length == 0 ? "nothing else" : others, others.Length == 0 && lane.Count(RespCodes.Success) > 0);
        yield return new Finding(
            FormattableString.Invariant($"{name}: p99 at most {MaxP99Ms} ms"), FormattableString.Invariant($"{lane.P99Ms:F1} ms"), lane.P99Ms <= MaxP99Ms);
    }

    private static async Task<List<(string Snapshot, string[] Numbers)>> ReadAsync(GatewayUnderTest gateway, Pack questions)
    {
        var read = new List<(string Snapshot, string[] Numbers)>();
        await using var connection = new GatewayConnection(gateway.Sandbox.Endpoint);
        for (int i = 0; i < questions.Count; i++)
        {
            HttpAnswer answer = await connection.ExchangeAsync(questions.Memory(i));
            SortedDictionary<string, string> members = SignedAnswer.Read(answer.Body.Span) ?? [];
            using JsonDocument rows = JsonDocument.Parse(members.GetValueOrDefault("trade_list", "[]"));
            read.Add((members.GetValueOrDefault("snapshot_no", ""), [.. rows.RootElement.EnumerateArray().Select(static row => row.GetProperty("trade_no").GetString()!)]));
        }
        return read;
    }

    private static byte[] List(SignedBody signer, string reqId, DateTimeOffset at, string member, string[] numbers) => signer.Make(
        "TRADE_BATCH_QUERY", reqId, at, (member, JsonSerializer.Serialize(numbers)), ("page_no", "1"), ("page_size", $"{Rows}"));

    private static byte[] Page(SignedBody signer, string reqId, DateTimeOffset at, int pageNo, string? snapshot)
    {
        (string, string)[] members =
        [
            ("start_time", $"{BookOfYesterday.Date}000000"), ("end_time", $"{BookOfYesterday.Date}235959"), ("page_size", $"{Rows}"),
            ("page_no", pageNo.ToString(CultureInfo.InvariantCulture)),
        ];
        return signer.Make("TRADE_BATCH_QUERY", reqId, at, snapshot is null ? members : [.. members, ("snapshot_no", snapshot)]);
    }

    private static string[] Orders(Random random, int payments) => [.. Enumerable.Range(0, Rows).Select(_ => BookOfYesterday.OrderNo(random.Next(payments)))];
}
