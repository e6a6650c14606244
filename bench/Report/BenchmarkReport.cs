using System.Globalization;
using System.Text;
using BenchmarkDotNet.Environments;

namespace HotPath.Bench.Report;

/// <summary><c>report</c>: joins the tables that BenchmarkDotNet left behind, each with what its choice bought, into one page.</summary>
internal static class BenchmarkReport
{
    private const string Results = "BenchmarkDotNet.Artifacts/results";

    /// <summary>Writes the page; 1 when a table is missing.</summary>
    public static int Run(string target, TimeProvider clock)
    {
        var page = new StringBuilder();
        page.AppendLine("# What each choice bought").AppendLine();
        page.AppendLine("Made by `./dev bench --report`: a short run (few and short iterations, so look at the ratios, and the bytes are the whole process's). Durable means durable:");
        page.AppendLine("the folder is on a real disk. The numbers in front of the names are the corridor's (ARCHITECTURE.md); the baseline has the ratio 1.00.").AppendLine();
        page.AppendLine("```").AppendLine(HostEnvironmentInfo.GetInformation().Trim());
        page.AppendLine(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-dd}").AppendLine("```");
        var missing = new List<string>();
        foreach (StageNote note in StageNotes.All)
        {
            string file = Path.Combine(Results, $"HotPath.Bench.{note.Class}-report-github.md");
            if (!File.Exists(file))
            {
                missing.Add(note.Class);
                continue;
            }
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {note.Heading}").AppendLine();
            foreach (string line in File.ReadLines(file).Where(static line => line.StartsWith('|')))
            {
                page.AppendLine(WithoutQuotes(line));
            }
            page.AppendLine();
            foreach (string line in note.Lines)
            {
                page.AppendLine(CultureInfo.InvariantCulture, $"- {line}");
            }
        }
        foreach (string name in missing)
        {
            Console.Error.WriteLine($"no results of {name} in {Results}");
        }
        if (missing.Count == 0)
        {
            File.WriteAllText(target, page.ToString());
            Console.WriteLine(target);
        }
        return missing.Count == 0 ? 0 : 1;
    }

    // Names with blanks are quoted there, and the first row of each parameter is bold: noise here.
    private static string WithoutQuotes(string row) => row
        .Replace("**", "", StringComparison.Ordinal)
        .Replace("| &#39;", "| ", StringComparison.Ordinal)
        .Replace("&#39; ", " ", StringComparison.Ordinal)
        .Replace("&#39;", "'", StringComparison.Ordinal)
        .TrimEnd();
}
