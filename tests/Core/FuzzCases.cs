using System.Globalization;

namespace HotPath.Core.Tests;

/// <summary>How much chance a test is given: a little by default, so that all tests are over in minutes; at length where <c>./dev fuzz CASES</c> asks for it, as CI does.</summary>
internal static class FuzzCases
{
    private static readonly int? Asked =
        int.TryParse(Environment.GetEnvironmentVariable("HOTPATH_FUZZ_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out int cases) ? cases : null;

    /// <summary>What was asked for, or <paramref name="byDefault"/>.</summary>
    internal static int Or(int byDefault) => Asked ?? byDefault;

    /// <summary>Of sequences that cost a ledger each: all when anything was asked for, else one in <paramref name="oneIn"/>.</summary>
    internal static int Of(int sequences, int oneIn) => Asked is null ? sequences / oneIn : sequences;
}
