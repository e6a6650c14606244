using System.CommandLine;
using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary><c>inject [KIND...]</c>: real faults on the real process.</summary>
internal static class FaultVerb
{
    internal static readonly IReadOnlyList<FaultKind> Kinds =
    [
        new KillKind(),
        new WriteErrorKind(),
    ];

    internal static Command Create(TextWriter output)
    {
        var kinds = new Argument<string[]>("KIND") { Description = "which; default all: " + string.Join(", ", Kinds.Select(kind => kind.Name)), Arity = ArgumentArity.ZeroOrMore };
        kinds.AcceptOnlyFromAmong([.. Kinds.Select(kind => kind.Name)]);
        var points = new Option<int?>("--points") { Description = "points of each kind; default: its long set" };
        var from = new Option<int>("--from") { Description = "the first point's number, so that a sweep can be done in pieces" };
        var isShort = new Option<bool>("--short") { Description = "the short set of each kind" };
        var seed = new Option<int>("--seed") { Description = "of everything that is drawn; default: another one each time", DefaultValueFactory = _ => Environment.TickCount & int.MaxValue };
        var hotpath = new Option<string>("--hotpath") { Description = "the built program", DefaultValueFactory = _ => "artifacts/bin/HotPath.Host/release/hotpath.dll" };
        var json = new Option<string?>("--out") { Description = "file for a line of JSON a point", HelpName = "FILE" };
        var verb = new Command("inject", "Real faults on the real process; needs root") { kinds, points, from, isShort, seed, hotpath, json };
        verb.SetAction(async (parsed, _) =>
        {
            string[] wanted = parsed.GetValue(kinds) ?? [];
            FaultKind[] chosen = [.. Kinds.Where(kind => wanted.Length == 0 || wanted.Contains(kind.Name))];
            if (Tool.Missing(chosen.SelectMany(kind => kind.Tools).Distinct()) is { } missing)
            {
                await output.WriteLineAsync(missing);
                return 2;
            }
            using StreamWriter? lines = parsed.GetValue(json) is { } path ? new StreamWriter(path) : null;
            var report = new SuiteReport(output, lines);
            string root = Directory.CreateTempSubdirectory("hotpath-faults-").FullName;
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"seed {parsed.GetValue(seed)}"));
            using (var suite = new Suite(Path.GetFullPath(parsed.GetRequiredValue(hotpath)), root, parsed.GetValue(seed), report))
            {
                foreach (FaultKind kind in chosen)
                {
                    await output.WriteLineAsync($"{kind.Name}: {kind.About}");
                    int count = parsed.GetValue(points) ?? (parsed.GetValue(isShort) ? kind.Points.Short : kind.Points.Long);
                    await suite.RunAsync(kind, parsed.GetValue(from), count);
                }
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
