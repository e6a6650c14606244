using System.CommandLine;
using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary><c>channels</c>: what a channel in trouble costs, on real processes, with real breaker times.</summary>
internal static class ChannelsVerb
{
    internal static Command Create(TextWriter output)
    {
        var wanted = new Argument<ChannelTrouble[]>("SCENE") { Description = "kill, stop, slow, errors, relapse; default all", Arity = ArgumentArity.ZeroOrMore };
        var isShort = new Option<bool>("--short") { Description = "only a killed and a stopped channel, both at once: within two minutes" };
        var rate = new Option<int>("--rate") { Description = "payments a second of each scene", DefaultValueFactory = _ => 20 };
        var hotpath = new Option<string>("--hotpath") { Description = "the built program", DefaultValueFactory = _ => "artifacts/bin/HotPath.Host/release/hotpath.dll" };
        var pictures = new Option<string>("--out") { Description = "folder of the pictures", DefaultValueFactory = _ => Path.Combine("artifacts", "channels"), HelpName = "DIR" };
        var verb = new Command("channels", "Two channels under load, one of them killed, stopped, slowed to 11 s, answering errors to 31 %, slow over two probes") { wanted, isShort, rate, hotpath, pictures };
        verb.SetAction(async (parsed, _) =>
        {
            ChannelTrouble[][] scenes = parsed.GetValue(isShort)
                ? [[ChannelTrouble.Kill, ChannelTrouble.Stop]]
                : [.. (parsed.GetValue(wanted) is { Length: > 0 } some ? some : Enum.GetValues<ChannelTrouble>()).Select(trouble => new[] { trouble })];
            string folder = Directory.CreateTempSubdirectory("hotpath-channels-").FullName;
            string drawn = Directory.CreateDirectory(parsed.GetRequiredValue(pictures)).FullName;
            bool isBroken = false;
            using (var parties = new Parties(Path.Combine(folder, "parties")))
            {
                string[] program = ["dotnet", "exec", Path.GetFullPath(parsed.GetRequiredValue(hotpath))];
                foreach (ChannelTrouble[] together in scenes)
                {
                    SceneReport[] reports = await Task.WhenAll(together.Select(async trouble =>
                    {
                        await using var scene = new ChannelScene(program, parties, Path.Combine(folder, trouble.ToString()), trouble, parsed.GetValue(rate));
                        return await scene.PlayAsync();
                    }));
                    foreach (SceneReport report in reports)
                    {
                        await TellAsync(report, output);
                        isBroken |= report.Broken.Count > 0;
                        await File.WriteAllTextAsync(Path.Combine(drawn, $"{report.Trouble.ToString().ToLowerInvariant()}.svg"), ScenePicture.Draw(report), CancellationToken.None);
                    }
                }
            }
            await output.WriteLineAsync($"pictures in {drawn}");
            if (isBroken)
            {
                await output.WriteLineAsync($"BROKEN, everything that was left behind is in {folder}");
                return 1;
            }
            Directory.Delete(folder, recursive: true);
            return 0;
        });
        return verb;
    }

    private static async Task TellAsync(SceneReport report, TextWriter output)
    {
        string codes = string.Join(", ", report.Payments.CountBy(payment => payment.Code).OrderBy(code => code.Key, StringComparer.Ordinal).Select(code => $"{code.Value} {code.Key}"));
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{report.Trouble}: left alone after {Seconds(report.Opened)}, called again {Seconds(report.Closed)} after its return; {report.Payments.Count} payments ({codes}), {report.Harmed} harmed, 99 of 100 answered within {report.AnsweredWithin.TotalSeconds:F2} s"));
        foreach (string broken in report.Broken.Take(20))
        {
            await output.WriteLineAsync($"BROKEN {broken}");
        }
    }

    private static string Seconds(TimeSpan? time) => time is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.TotalSeconds:F1} s") : "never";
}
