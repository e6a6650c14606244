using System.Runtime.InteropServices;

namespace HotPath.LoadTest.Measuring;

/// <summary>Where a number was measured: without it the number says nothing.</summary>
internal sealed record Machine(int Cores, string Cpu, string Os, string DotNet, string OpenSsl, double LoadAverage)
{
    public static Machine Describe() => new(
        Environment.ProcessorCount, CpuName(), RuntimeInformation.OSDescription, Environment.Version.ToString(), CryptoProbe.OpenSslVersion(), Load());

    private static string CpuName()
    {
        const string file = "/proc/cpuinfo";
        string? line = File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    // Above 0 before a run: somebody else is on the machine.
    private static double Load()
    {
        const string file = "/proc/loadavg";
        return File.Exists(file) ? double.Parse(File.ReadAllText(file).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) : 0;
    }
}
