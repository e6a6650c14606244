namespace HotPath.LoadTest.Commands;

/// <summary>What the program ends with. Verdicts of runs are in <see cref="Measuring.Verdicts"/>.</summary>
internal static class ExitCodes
{
    public const int Usage = 2;
    public const int NoGateway = 3;

    /// <summary>For --help.</summary>
    public const string Text =
        "Exit codes: 0 fine; 1 an answer or a trade was wrong; 2 usage, or a file that cannot be read; 3 no gateway; " +
        "4 the generator was late or nothing was measured, the numbers are worthless; 5 a limit or an expectation was not kept, or nothing was paid.";
}
