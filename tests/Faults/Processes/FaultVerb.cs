using System.CommandLine;
using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary><c>inject [KIND...]</c>: real faults on the real process.</summary>
internal static class FaultVerb
{
    /// <summary>Each batch of points gets a kind of its own: what it mounts or opens is its own too.</summary>
    private static readonly IReadOnlyList<Func<FaultKind>> Makers =
    [
        static () => new KillKind(),
        static () => new WriteErrorKind(),
        static () => new ShortWriteKind(),
        static () => new FullDiskKind("tmpfs", reserveMib: 0, static data => new MemoryDisk(data, 4096)),
        static () => new FullDiskKind("ext4", reserveMib: 1, static data => new ImageDisk(data, data + ".img", 16)),
        static () => new PowerLossKind(),
        static () => new StopKind(),
        static () => new ClockKind(),
        static () => new DescriptorKind(),
        static () => new SlowDiskKind(),
    ];

    internal static Command Create(TextWriter output)
    {
        string[] names = [.. Makers.Select(make => make().Name)];
        var kinds = new Argument<string[]>("KIND") { Description = "which; default all", Arity = ArgumentArity.ZeroOrMore };
        kinds.AcceptOnlyFromAmong(names);
        var points = new Option<int?>("--points") { Description = "points of each kind; default: its long set" };
        var from = new Option<int>("--from") { Description = "the first point's number, so that a sweep can be done in pieces" };
        var isShort = new Option<bool>("--short") { Description = "the short set of each kind" };
        var lanes = new Option<int>("--lanes") { Description = "batches of points at once", DefaultValueFactory = _ => 1 };
        var seed = new Option<int>("--seed") { Description = "of everything that is drawn; default: another one each time", DefaultValueFactory = _ => Environment.TickCount & int.MaxValue };
        var hotpath = new Option<string>("--hotpath") { Description = "the built program", DefaultValueFactory = _ => "artifacts/bin/HotPath.Host/release/hotpath.dll" };
        var json = new Option<string?>("--out") { Description = "file for a line of JSON a point", HelpName = "FILE" };
        var verb = new Command("inject", "Real faults on the real process; needs root") { kinds, points, from, isShort, lanes, seed, hotpath, json };
        verb.SetAction(async (parsed, _) =>
        {
            string[] wanted = parsed.GetValue(kinds) is { Length: > 0 } some ? some : names;
            Func<FaultKind>[] chosen = [.. Makers.Where(make => wanted.Contains(make().Name))];
            if (Tool.Missing(chosen.SelectMany(make => make().Tools).Distinct()) is { } missing)
            {
                await output.WriteLineAsync(missing);
                return 2;
            }
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"seed {parsed.GetValue(seed)}"));
            foreach (Func<FaultKind> make in chosen)
            {
                await output.WriteLineAsync($"{make().Name}: {make().About}");
            }
            using StreamWriter? lines = parsed.GetValue(json) is { } path ? new StreamWriter(path) : null;
            var report = new SuiteReport(output, lines);
            string root = Directory.CreateTempSubdirectory("hotpath-faults-").FullName;
            using (var suite = new Suite(Path.GetFullPath(parsed.GetRequiredValue(hotpath)), root, parsed.GetValue(seed), report))
            {
                await suite.RunAsync(
                    chosen, parsed.GetValue(from), kind => parsed.GetValue(points) ?? (parsed.GetValue(isShort) ? kind.Points.Short : kind.Points.Long), parsed.GetValue(lanes));
            }
            report.Print();
            if (!report.IsBroken)
            {
                Directory.Delete(root, recursive: true);
            }
            return report.IsBroken ? 1 : 0;
        });
        return verb;
    }
}
