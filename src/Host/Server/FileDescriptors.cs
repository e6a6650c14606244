using System.Globalization;

namespace HotPath.Host.Server;

/// <summary>How many files and sockets this process may have open (RLIMIT_NOFILE).</summary>
internal static class FileDescriptors
{
    private const int Unlimited = 1_000_000;

    /// <summary>The soft limit, which the .NET runtime raises to the hard one at start.</summary>
    public static int Limit { get; } = Read();

    private static int Read()
    {
        const string limits = "/proc/self/limits";
        if (!File.Exists(limits))
        {
            return Unlimited;
        }
        // Max open files            20000                20000                files
        string? line = File.ReadLines(limits).FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string? soft = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(3);
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) ? limit : Unlimited;
    }
}
