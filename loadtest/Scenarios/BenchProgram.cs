using System.Diagnostics;

namespace HotPath.LoadTest.Scenarios;

/// <summary>The benches, which make books that a load generator would need hours for.</summary>
internal static class BenchProgram
{
    /// <param name="program">hotpath.dll.</param>
    /// <param name="arguments">The command and its arguments.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>What it said.</returns>
    /// <exception cref="IOException">It failed.</exception>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancel)
    {
        // Built beside the gateway, like this program.
        string bench = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(program)!, "../../HotPath.Bench/release/HotPath.Bench.dll"));
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", bench, .. arguments]) { RedirectStandardOutput = true })!;
        try
        {
            string said = await process.StandardOutput.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0 ? said.Trim().ReplaceLineEndings("; ") : throw new IOException($"{bench}: exit {process.ExitCode}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
