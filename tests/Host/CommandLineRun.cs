using HotPath.Host.Cli;

namespace HotPath.Host.Tests;

/// <summary>What the program said and ended with, called as <c>hotpath ARGS</c> in this process.</summary>
internal sealed record CommandLineRun(int ExitCode, string Output, string Error)
{
    internal static async Task<CommandLineRun> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = await CommandLine.RunAsync(args, output, error);
        return new CommandLineRun(exitCode, output.ToString(), error.ToString());
    }
}
