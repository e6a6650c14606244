using System.CommandLine;
using System.Globalization;

namespace HotPath.Faults.Accounting;

/// <summary><c>account</c>: failover over many payments, with every book laid side by side.</summary>
internal static class FailoverVerb
{
    internal static Command Create(TextWriter output)
    {
        var payments = new Option<int>("--payments") { Description = "how many", DefaultValueFactory = _ => 100_000 };
        var channels = new Option<int>("--channels") { Description = "how many", DefaultValueFactory = _ => 3 };
        var refused = new Option<double>("--refused") { Description = "share of connections that each of them refuses", DefaultValueFactory = _ => 0.3 };
        var callers = new Option<int>("--callers") { Description = "payments under way at once", DefaultValueFactory = _ => 64 };
        var seed = new Option<int>("--seed") { Description = "of what is drawn", DefaultValueFactory = _ => 1 };
        var verb = new Command("account", "Failover over many payments: journal, channels' books and answers side by side") { payments, channels, refused, callers, seed };
        verb.SetAction(async (parsed, _) =>
        {
            string folder = Directory.CreateTempSubdirectory("hotpath-account-").FullName;
            try
            {
                AccountReport report = await FailoverAccount.RunAsync(
                    new AccountPlan(parsed.GetValue(payments), parsed.GetValue(channels), parsed.GetValue(refused), parsed.GetValue(callers), parsed.GetValue(seed)), folder);
                await PrintAsync(report, output);
                return report.Broken.Count == 0 ? 0 : 1;
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return verb;
    }

    private static async Task PrintAsync(AccountReport report, TextWriter output)
    {
        foreach ((string code, int count) in report.Answers.OrderBy(answer => answer.Key, StringComparer.Ordinal))
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count,12:N0}  answered {code}"));
        }
        foreach ((int attempts, int count) in report.Attempts.OrderBy(attempt => attempt.Key))
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count,12:N0}  trades went to {attempts} channels"));
        }
        foreach ((string channel, (int count, long sum)) in report.Sums.OrderBy(sum => sum.Key, StringComparer.Ordinal))
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count,12:N0}  executed by {channel}, {sum:N0} minor units"));
        }
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{report.Journal.Count,12:N0}  SUCCESS in the journal, {report.Journal.Sum:N0} minor units"));
        foreach (Checking.Broken broken in report.Broken.Take(20))
        {
            await output.WriteLineAsync($"BROKEN {broken.Invariant} {broken.OrderNo}: {broken.Sentence}");
        }
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{report.Broken.Count} broken promises in {report.Took.TotalSeconds:F0} s"));
    }
}
