using System.Globalization;

namespace HotPath.LoadTest.Measuring;

/// <summary>CPU time and memory of another process, from /proc.</summary>
internal sealed class ServerProcess(int pid)
{
    // USER_HZ, the unit of /proc/pid/stat, is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;
    private const int UserTimeField = 14;
    private const int SystemTimeField = 15;

    public int Pid { get; } = pid;

    /// <summary>User and system time so far, in seconds; 10 ms steps.</summary>
    public double CpuSeconds()
    {
        string stat = File.ReadAllText($"/proc/{Pid}/stat");
        // The second field is the program's name in parentheses and may hold blanks.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Field(fields, UserTimeField) + Field(fields, SystemTimeField)) / TicksPerSecond;
    }

    /// <summary>Resident memory, in bytes.</summary>
    public long ResidentBytes()
    {
        string line = File.ReadLines($"/proc/{Pid}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(6, line.Length - 6 - " kB".Length), NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    }

    // proc(5) counts fields from 1; the first two were cut off.
    private static double Field(string[] fields, int number) => double.Parse(fields[number - 3], CultureInfo.InvariantCulture);
}
