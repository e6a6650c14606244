using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Simulation;

/// <summary><c>simulate</c>: many seeds, or one of them with its story.</summary>
internal static class SimulateVerb
{
    private const int BrokenFound = 1;

    internal static Command Create()
    {
        var seeds = new Option<int>("--seeds") { Description = "how many seeds", DefaultValueFactory = _ => 200 };
        var first = new Option<ulong>("--first") { Description = "the first of them", DefaultValueFactory = _ => 1 };
        var one = new Option<ulong?>("--seed") { Description = "this seed alone, with the story of what broke" };
        var payments = new Option<int>("--payments") { Description = "payments a seed", DefaultValueFactory = _ => 200 };
        var faults = new Option<FaultKinds?>("--faults") { Description = "only these kinds of fault, e.g. Crash,PowerLoss" };
        var until = new Option<long?>("--until-ms") { Description = "the faults end then, in milliseconds of virtual time" };
        var workers = new Option<int>("--workers") { Description = "seeds at a time", DefaultValueFactory = _ => Environment.ProcessorCount };
        var history = new Option<bool>("--history") { Description = "with --seed: every order's story" };
        var command = new Command("simulate", "the gateway's own code on virtual time, disk and channel, by seed") { seeds, first, one, payments, faults, until, workers, history };
        command.SetAction(parsed =>
        {
            Plan Draw(ulong seed)
            {
                Plan plan = Plan.Draw(seed, parsed.GetValue(payments));
                plan = parsed.GetValue(faults) is { } kinds ? plan with { Faults = kinds } : plan;
                return parsed.GetValue(until) is { } ms ? plan with { SafetyEnds = TimeSpan.FromMilliseconds(ms) } : plan;
            }
            return parsed.GetValue(one) is { } seed
                ? RunOne(Draw(seed), parsed.GetValue(history))
                : RunMany(parsed.GetValue(first), parsed.GetValue(seeds), parsed.GetValue(workers), Draw);
        });
        return command;
    }

    private static int RunMany(ulong first, int seeds, int workers, Func<ulong, Plan> draw)
    {
        var watch = Stopwatch.StartNew();
        var gate = new Lock();
        var tally = new Tally();
        var broken = new SortedDictionary<ulong, Outcome>();
        long next = -1;
        long payments = 0;
        double virtualSeconds = 0;
        void Work()
        {
            for (long number = Interlocked.Increment(ref next); number < seeds; number = Interlocked.Increment(ref next))
            {
                Outcome outcome = Run.Of(draw(first + (ulong)number));
                lock (gate)
                {
                    tally.Add(outcome.Tally);
                    payments += outcome.Plan.Payments;
                    virtualSeconds += outcome.VirtualTime.TotalSeconds;
                    if (outcome.Broken.Count > 0)
                    {
                        broken[outcome.Plan.Seed] = outcome;
                        Console.WriteLine($"seed {outcome.Plan.Seed}: {outcome.Broken[0].Invariant}: {Short(outcome.Broken[0].Sentence)}");
                    }
                }
            }
        }
        Thread[] threads = [.. Enumerable.Range(0, Math.Max(1, workers)).Select(_ => new Thread(Work))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        foreach ((string what, long times) in tally.Counts)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times,12:N0}  {what}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{seeds} seeds, {payments:N0} payments, {virtualSeconds / 3600:F1} virtual hours in {watch.Elapsed.TotalSeconds:F1} s: {broken.Count} seeds with a broken promise"));
        if (broken.Count == 0)
        {
            return 0;
        }
        Outcome worst = broken.First().Value;
        Tell(worst, isWhole: false);
        Outcome smallest = Shrinker.Shrink(worst);
        Console.WriteLine($"smallest that still breaks {worst.Broken[0].Invariant}: {smallest.Plan.Command()}");
        return BrokenFound;
    }

    private static int RunOne(Plan plan, bool isWhole)
    {
        Outcome outcome = Run.Of(plan);
        Tell(outcome, isWhole);
        foreach ((string what, long times) in outcome.Tally.Counts)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times,12:N0}  {what}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {plan.Seed}: {outcome.Broken.Count} broken, {outcome.VirtualTime} virtual, hash {outcome.Hash:x16}"));
        return outcome.Broken.Count == 0 ? 0 : BrokenFound;
    }

    private static void Tell(Outcome outcome, bool isWhole)
    {
        foreach (Broken broken in outcome.Broken.Take(20))
        {
            Console.WriteLine($"{broken.Invariant} {broken.InstId} {broken.OrderNo}: {broken.Sentence}");
        }
        if (isWhole)
        {
            foreach ((string instId, string orderNo) in outcome.Evidence.Calls.Select(call => (call.InstId, call.OrderNo)).Distinct())
            {
                Console.WriteLine($"== {instId} {orderNo}");
                History.Print(outcome.Evidence with { Marks = [] }, instId, orderNo, Console.Out);
            }
        }
        if (outcome.Broken.Count > 0)
        {
            Broken first = outcome.Broken[0];
            History.Print(outcome.Evidence, first.InstId, first.OrderNo, Console.Out);
        }
    }

    private static string Short(string sentence) => sentence.Length <= 200 ? sentence : sentence[..200];
}
