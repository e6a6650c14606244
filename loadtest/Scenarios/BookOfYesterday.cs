using System.Globalization;

namespace HotPath.LoadTest.Scenarios;

/// <summary>
/// A book of many payments of yesterday (Beijing), one institution's, made by the benches in no more time than the disk takes: no gateway would give out a file of
/// today, and a load generator would need an hour.
/// </summary>
internal static class BookOfYesterday
{
    // UTC+8 all year round.
    private static readonly TimeSpan Beijing = TimeSpan.FromHours(8);

    /// <summary>As dates are on the wire.</summary>
    public static string Date => TimeProvider.System.GetUtcNow().ToOffset(Beijing).AddDays(-1).ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    /// <summary>out_trade_no of a payment.</summary>
    public static string OrderNo(int index) => string.Create(CultureInfo.InvariantCulture, $"d{index:D19}");

    /// <summary>Makes it in <paramref name="folder"/>, where a sandbox is to be started next.</summary>
    /// <returns>What that said.</returns>
    /// <exception cref="IOException">It failed.</exception>
    public static Task<string> MakeAsync(string program, string folder, int payments, CancellationToken cancel) =>
        BenchProgram.RunAsync(program, ["day", payments.ToString(CultureInfo.InvariantCulture), folder], cancel);
}
