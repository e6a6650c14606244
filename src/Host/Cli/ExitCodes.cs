namespace HotPath.Host.Cli;

/// <summary>What the program says when it ends. Part of the command line's contract: never change one.</summary>
internal static class ExitCodes
{
    internal const int Done = 0;

    /// <summary>A verified answer other than 0000 and 0001; an invalid signature; a damaged journal; a server that could not start.</summary>
    internal const int Refused = 1;

    /// <summary>The command line, a file it names or the configuration is wrong. Nothing was started or sent.</summary>
    internal const int Usage = 2;

    /// <summary>No answer, or one that does not verify.</summary>
    internal const int NoAnswer = 3;
}

/// <summary>What was asked cannot be done because of how it was asked: one line, exit 2.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : Exception(message, inner);
