using System.CommandLine;
using HotPath.Core.Ledger.Embedded;
using HotPath.Host.Sandbox;

namespace HotPath.Host.Cli;

/// <summary>The program's verbs, and one rule for all of them: results on stdout, everything else on stderr.</summary>
internal static class CommandLine
{
    internal static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        ParseResult parsed = Verbs(output, error).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError mistake in parsed.Errors)
            {
                await error.WriteLineAsync("hotpath: " + mistake.Message);
            }
            await error.WriteLineAsync("hotpath: --help shows what there is");
            return ExitCodes.Usage;
        }
        try
        {
            // Signals are the servers' own business: each decides what a clean stop is.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = output,
                Error = error,
            });
        }
        catch (UsageException failure)
        {
            await error.WriteLineAsync("hotpath: " + failure.Message);
            return ExitCodes.Usage;
        }
        catch (Exception failure) when (IsForPeople(failure))
        {
            await error.WriteLineAsync("hotpath: " + failure.Message);
            return ExitCodes.Refused;
        }
    }

    /// <summary>What the world does, as opposed to what we did wrong: its message is enough, a stack trace would hide it.</summary>
    internal static bool IsForPeople(Exception failure) =>
        failure is SandboxException or LedgerLockedException or LedgerUnavailableException or JournalDamagedException or IOException
            or UnauthorizedAccessException;

    private static RootCommand Verbs(TextWriter output, TextWriter error) => new("HotPath, a cross-border QR payment gateway")
    {
        SandboxVerb.Create(output),
        SimulatorVerb.Create(output),
        RunVerb.Create(error),
        CheckVerb.Create(output, error),
        PayVerb.Create(output, error),
        RefundVerb.Create(output, error),
        CancelVerb.Create(output, error),
        QueryVerb.Create(output, error),
        BatchQueryVerb.Create(output, error),
        ReconVerb.Create(output, error),
        SignVerb.Create(output),
        VerifyVerb.Create(output),
        ExplainVerb.Create(output),
        ExplainRouteVerb.Create(output, error),
        JournalVerb.Create(output),
        NotifyVerb.Create(output, error),
        PendingVerb.Create(output, error),
        ReceiverVerb.Create(output),
    };
}
