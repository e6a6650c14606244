using System.CommandLine;
using System.Globalization;
using HotPath.Faults.Processes;

namespace HotPath.Faults.Accounting;

/// <summary><c>account</c>: failover over many payments, with every book laid side by side.</summary>
internal static class FailoverVerb
{
    internal static Command Create(TextWriter output)
    {
        var payments = new Option<int>("--payments") { Description = "how many", DefaultValueFactory = _ => 100_000 };
        var callers = new Option<int>("--callers") { Description = "payments under way at once", DefaultValueFactory = _ => 96 };
        var seed = new Option<int>("--seed") { Description = "of when which channel refuses", DefaultValueFactory = _ => 1 };
        var hotpath = new Option<string>("--hotpath") { Description = "the built program", DefaultValueFactory = _ => "artifacts/bin/HotPath.Host/release/hotpath.dll" };
        var verb = new Command("account", "Failover over many payments: journal, channels' books and answers side by side") { payments, callers, seed, hotpath };
        verb.SetAction(async (parsed, _) =>
        {
            string folder = Directory.CreateTempSubdirectory("hotpath-account-").FullName;
            string[] program = ["dotnet", "exec", Path.GetFullPath(parsed.GetRequiredValue(hotpath))];
            var plan = new AccountPlan(parsed.GetValue(payments), parsed.GetValue(callers), parsed.GetValue(seed));
            AccountReport report;
            using (var parties = new Parties(Path.Combine(folder, "parties")))
            {
                await using var account = new FailoverAccount(program, parties, Path.Combine(folder, "run"), plan);
                report = await account.RunAsync();
            }
            await TellAsync(report, output);
            if (report.Broken.Count > 0)
            {
                await output.WriteLineAsync($"everything that was left behind is in {folder}");
                return 1;
            }
            Directory.Delete(folder, recursive: true);
            return 0;
        });
        return verb;
    }

    private static async Task TellAsync(AccountReport report, TextWriter output)
    {
        Task SayAsync(FormattableString line) => output.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));
        foreach ((string code, int count) in report.Answers.OrderBy(answer => answer.Key, StringComparer.Ordinal))
        {
            await SayAsync($"{count,12:N0}  answered {code}");
        }
        await SayAsync($"{report.Refused,12:N0}  calls refused without a trace, and sent again");
        foreach ((int attempts, int count) in report.Attempts.OrderBy(attempt => attempt.Key))
        {
            await SayAsync($"{count,12:N0}  trades went to {attempts} channels");
        }
        foreach ((string channel, (int count, long sum)) in report.Sums.OrderBy(sum => sum.Key, StringComparer.Ordinal))
        {
            (int spells, int cut) = report.Doors[channel];
            await SayAsync($"{count,12:N0}  executed by {channel}, {sum:N0} minor units; its door was shut {spells} times, {cut} connections were cut");
        }
        await SayAsync($"{report.Journal.Count,12:N0}  SUCCESS in the journal, {report.Journal.Sum:N0} minor units");
        foreach (string broken in report.Broken.Take(20))
        {
            await SayAsync($"BROKEN {broken}");
        }
        await SayAsync($"{report.Broken.Count} broken promises in {report.Took.TotalSeconds:F0} s");
    }
}
