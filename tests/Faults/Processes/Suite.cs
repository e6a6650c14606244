using HotPath.Faults.Checking;

namespace HotPath.Faults.Processes;

/// <summary>Runs points of fault kinds against the built program, checks after each, and adds up what came of them.</summary>
internal sealed class Suite : IDisposable
{
    /// <summary>From the last restart to the end of every trade: the channel's 15 s of settle window and the next turn of the resolver, several times over: the machine may be busy.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(120);

    private readonly SuiteReport _report;
    private readonly string _root;
    private readonly int _seed;

    /// <param name="hotpath">The built <c>hotpath.dll</c>.</param>
    /// <param name="root">A folder for everything a run leaves behind.</param>
    /// <param name="seed">Of everything that is drawn.</param>
    /// <param name="report">Is told of every point.</param>
    internal Suite(string hotpath, string root, int seed, SuiteReport report)
    {
        Hotpath = ["dotnet", "exec", hotpath];
        _root = root;
        _seed = seed;
        _report = report;
        Parties = new Parties(Path.Combine(root, "parties"));
    }

    internal IReadOnlyList<string> Hotpath { get; }

    internal Parties Parties { get; }

    /// <summary>Points <paramref name="from"/> and following of each kind, in batches that share a data directory, so many batches at once.</summary>
    internal async Task RunAsync(IEnumerable<Func<FaultKind>> kinds, int from, Func<FaultKind, int> countOf, int lanes)
    {
        var batches = new List<(Func<FaultKind> Make, int From, int Count)>();
        foreach (Func<FaultKind> make in kinds)
        {
            FaultKind kind = make();
            int end = from + countOf(kind);
            for (int begin = from; begin < end; begin += kind.PointsABatch)
            {
                batches.Add((make, begin, Math.Min(kind.PointsABatch, end - begin)));
            }
        }
        await Parallel.ForEachAsync(
            batches, new ParallelOptions { MaxDegreeOfParallelism = lanes }, async (batch, _) => await RunBatchAsync(batch.Make(), batch.From, batch.Count));
    }

    public void Dispose() => Parties.Dispose();

    private async Task RunBatchAsync(FaultKind kind, int from, int count)
    {
        string folder = Path.Combine(_root, $"{kind.Name}-{from}");
        bool isWhole;
        await using (var rig = new Rig(this, folder, kind.Setup(new Random(_seed + from))))
        {
            try
            {
                await rig.StartChannelAsync();
                await kind.BeginAsync(rig);
                isWhole = await StrikeAllAsync(kind, rig, from, count) && await EndAsync(kind, rig, from);
            }
            finally
            {
                kind.Clear(rig);
            }
        }
        if (isWhole)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<bool> StrikeAllAsync(FaultKind kind, Rig rig, int from, int count)
    {
        for (int number = from; number < from + count; number++)
        {
            var point = new FaultPoint(kind.Name, number, unchecked((_seed * 7919) + number));
            int restartsBefore = rig.Restarts;
            int callsBefore = rig.Calls;
            await kind.StrikeAsync(rig, point);
            if (rig.Gateway is null or { HasEnded: true })
            {
                point.Broken.AddRange(rig.Check(isSettled: false));
            }
            _report.Add(point, rig, rig.Restarts - restartsBefore, rig.Calls - callsBefore);
            if (point.Broken.Count > 0)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Faults are over: a clean start, every trade to its end, a clean stop, a verified journal, and the whole evidence checked.</summary>
    private async Task<bool> EndAsync(FaultKind kind, Rig rig, int from)
    {
        var point = new FaultPoint(kind.Name, from, _seed) { Fault = "the end of the batch" };
        await kind.EndAsync(rig);
        rig.Clock = TimeProvider.System;
        if (rig.Gateway is { HasEnded: false })
        {
            await rig.KillAsync();
        }
        int restartsBefore = rig.Restarts;
        int callsBefore = rig.Calls;
        if (await rig.StartAsync())
        {
            await rig.SettleAsync(SettleLimit);
            rig.Gateway!.Signal("TERM");
            point.ExitCode = (await rig.Gateway.Ended).Code;
            point.Expect(point.ExitCode == 0, "F65", $"a clean stop ended with {point.ExitCode}");
        }
        else
        {
            point.Expect(false, "F06", "the gateway does not start: " + rig.Gateway!.LastLine);
        }
        point.Broken.AddRange(rig.Check(isSettled: true));
        point.Expect(Tool.Try(Hotpath[0], [.. Hotpath.Skip(1), "journal", "verify", rig.Data]), "F06", "hotpath journal verify finds damage");
        _report.AddEnd(point, rig, rig.Restarts - restartsBefore, rig.Calls - callsBefore);
        return point.Broken.Count == 0;
    }
}
