using System.Globalization;
using System.Text.Json;

namespace HotPath.Bench.Gate;

/// <summary>
/// Counts the bytes that each stage and the whole pipeline allocate for one operation and holds them against the committed baseline.
/// Times depend on the machine and never fail a build; bytes do not, and do.
/// </summary>
internal static class AllocationGate
{
    // Thread pool and timers of the runtime allocate now and then, FASTER some hundred bytes whenever it turns a page (1 B a claim); one object
    // per operation would be 24 B at least.
    private const double ToleranceBytes = 2;

    // The least of several: what happens once (a thread, a page of the index) is not a payment's.
    private const int Rounds = 3;

    private const string BaselineFile = "allocations.baseline.json";

    /// <summary>Runs every stage, prints a table; 0 when none allocates more than its baseline allows.</summary>
    public static async Task<int> RunAsync(bool isExplaining, TextWriter to)
    {
        Dictionary<string, double> baseline = ReadBaseline();
        await using var stages = new GateStages();
        bool isPassed = true;
        to.WriteLine($"{"stage",-28} {"bytes/op",10} {"allowed",10}");
        foreach (GateStage stage in stages.All)
        {
            double bytes = await MeasureAsync(stage);
            bool isKnown = baseline.TryGetValue(stage.Name, out double allowed);
            bool isFine = isKnown && bytes <= allowed + ToleranceBytes;
            isPassed &= isFine;
            string note = isFine ? "" : isKnown ? "  ALLOCATES MORE" : "  NOT IN " + BaselineFile;
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stage.Name,-28} {bytes,10:F1} {allowed,10:F1}{note}"));
            if (isExplaining && bytes > allowed + ToleranceBytes)
            {
                await ExplainAsync(stage, to);
            }
        }
        to.WriteLine(isPassed ? "gate passed" : "gate failed");
        return isPassed ? 0 : 1;
    }

    private static async Task<double> MeasureAsync(GateStage stage)
    {
        // Twice: code that has run often is compiled again, with other allocations (boxes that the optimiser removes).
        await stage.Run();
        await Task.Delay(300);
        await stage.Run();
        double least = double.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await stage.Run();
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)stage.Calls);
        }
        return least;
    }

    private static async Task ExplainAsync(GateStage stage, TextWriter to)
    {
        using var sampler = new AllocationSampler();
        await stage.Run();
        foreach ((string type, int ticks) in sampler.Types())
        {
            to.WriteLine($"    about {ticks * 100,6} KiB  {type}");
        }
    }

    private static Dictionary<string, double> ReadBaseline()
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, BaselineFile));
        return JsonSerializer.Deserialize<Dictionary<string, double>>(file)!;
    }
}
