using System.Globalization;
using System.Text.Json;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Processes;

/// <summary>What came of a run: a line of JSON for each point, a table for people, and the history of what broke first.</summary>
internal sealed class SuiteReport(TextWriter output, TextWriter? jsonLines)
{
    // Batches run side by side: whoever counts or tells holds this.
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Tally> _kinds = [];

    /// <summary>A promise is broken, or a kind struck nothing at all, which proves nothing.</summary>
    internal bool IsBroken => _kinds.Values.Any(tally => tally.Broken > 0 || tally.Struck == 0);

    internal void Add(FaultPoint point, Rig rig, int restarts, int calls)
    {
        using Lock.Scope told = _gate.EnterScope();
        Tally tally = Of(point.Kind);
        tally.Points++;
        tally.Struck += point.HasStruck ? 1 : 0;
        tally.SlowestStop = Later(tally.SlowestStop, point.TimeToStop ?? TimeSpan.Zero);
        Count(tally, point, rig, restarts, calls);
    }

    internal void AddEnd(FaultPoint point, Rig rig, int restarts, int calls)
    {
        using Lock.Scope told = _gate.EnterScope();
        Tally tally = Of(point.Kind);
        tally.SlowestEnd = Later(tally.SlowestEnd, rig.SlowestEnd);
        tally.Acknowledged += rig.Orders.Count(order => order.Final is not null);
        tally.Orders += rig.Orders.Count;
        Count(tally, point, rig, restarts, calls);
    }

    internal void Print()
    {
        output.WriteLine();
        output.WriteLine("| kind | points | struck | restarts | calls | orders | final answers | broken | slowest stop | slowest start | slowest end of a trade |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach ((string kind, Tally tally) in _kinds)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {kind} | {tally.Points} | {tally.Struck} | {tally.Restarts} | {tally.Calls} | {tally.Orders} | {tally.Acknowledged} | {tally.Broken} | {Seconds(tally.SlowestStop)} | {Seconds(tally.SlowestStart)} | {Seconds(tally.SlowestEnd)} |"));
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{_kinds.Values.Sum(tally => tally.Struck)} faults struck, {_kinds.Values.Sum(tally => tally.Broken)} promises broken"));
    }

    private void Count(Tally tally, FaultPoint point, Rig rig, int restarts, int calls)
    {
        tally.Restarts += restarts;
        tally.Calls += calls;
        tally.Broken += point.Broken.Count;
        tally.SlowestStart = Later(tally.SlowestStart, rig.SlowestStart);
        jsonLines?.WriteLine(JsonSerializer.Serialize(new
        {
            kind = point.Kind,
            point = point.Number,
            seed = point.Seed,
            fault = point.Fault,
            struck = point.HasStruck,
            exit = point.ExitCode,
            last_line = rig.Gateway?.LastLine,
            stop_ms = point.TimeToStop?.TotalMilliseconds,
            restarts,
            calls,
            broken = point.Broken.Select(broken => $"{broken.Invariant}: {broken.Sentence}"),
        }));
        jsonLines?.Flush();
        if (point.Broken.Count > 0)
        {
            Tell(point, rig);
        }
    }

    /// <summary>What broke first, and the story of that order.</summary>
    private void Tell(FaultPoint point, Rig rig)
    {
        output.WriteLine($"BROKEN in {point.Kind} {point.Number} ({point.Fault}); everything of it stays in {rig.Root}");
        foreach (Broken broken in point.Broken.Take(5))
        {
            output.WriteLine($"  {broken.Invariant}: {broken.Sentence}");
        }
        File.WriteAllLines(Path.Combine(rig.Root, "gateway.log"), rig.Gateway?.Lines ?? []);
        foreach (string line in rig.Gateway?.Lines.TakeLast(3) ?? [])
        {
            output.WriteLine("  gateway: " + line);
        }
        if (point.Broken.FirstOrDefault(broken => broken.OrderNo.Length > 0) is { } first)
        {
            History.Print(rig.Evidence(isSettled: false), first.InstId, first.OrderNo, output);
        }
    }

    private Tally Of(string kind) => _kinds.TryGetValue(kind, out Tally? tally) ? tally : _kinds[kind] = new Tally();

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture) + " s";

    private sealed class Tally
    {
        internal int Points;
        internal int Struck;
        internal int Restarts;
        internal int Calls;
        internal int Orders;
        internal int Acknowledged;
        internal int Broken;
        internal TimeSpan SlowestStop;
        internal TimeSpan SlowestStart;
        internal TimeSpan SlowestEnd;
    }
}
