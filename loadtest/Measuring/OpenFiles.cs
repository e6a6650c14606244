using System.Globalization;

namespace HotPath.LoadTest.Measuring;

/// <summary>How many files and sockets this process, and those it starts, may have open (RLIMIT_NOFILE). The runtime raises its soft limit to the hard one.</summary>
internal static class OpenFiles
{
    /// <summary>Null where the system does not tell.</summary>
    public static int? Limit
    {
        get
        {
            const string file = "/proc/self/limits";
            string? line = File.Exists(file)
                ? File.ReadLines(file).FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal))
                : null;
            string[] columns = (line ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return columns.Length > 4 && int.TryParse(columns[4], CultureInfo.InvariantCulture, out int limit) ? limit : null;
        }
    }
}
