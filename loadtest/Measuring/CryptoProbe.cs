using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using HotPath.LoadTest.Running;
using HotPath.Signing;

namespace HotPath.LoadTest.Measuring;

/// <summary>What one sign and one verify of a sign type cost, in µs of CPU.</summary>
internal readonly record struct CryptoCost(double SignMicroseconds, double VerifyMicroseconds)
{
    /// <summary>The crypto of one payment: its signature verified, its answer signed.</summary>
    public double PaymentMicroseconds => SignMicroseconds + VerifyMicroseconds;

    /// <summary>A second of a run with crypto's share of the gateway's CPU in it.</summary>
    public TimelineSecond ShareOf(TimelineSecond second) => second.ServerCpuSeconds is > 0
        ? second with { CryptoShare = Math.Min(1, second.Paid * PaymentMicroseconds / 1e6 / second.ServerCpuSeconds.Value) }
        : second;

    public static CryptoCost Mean(CryptoCost a, CryptoCost b) =>
        new((a.SignMicroseconds + b.SignMicroseconds) / 2, (a.VerifyMicroseconds + b.VerifyMicroseconds) / 2);
}

/// <summary>
/// The floor under a payment, measured on the same machine before and after a run: how we call RSA-2048 or P-256, and libcrypto's own speed test.
/// </summary>
internal static partial class CryptoProbe
{
    private const int ClockThreadCpuTime = 3;
    private const int Signs = 600;
    private const int Verifies = 3000;

    /// <summary>Our own calls, in this thread's CPU time: neighbours that take the core do not count, slower clocks do.</summary>
    public static CryptoCost Own(SignType type)
    {
        (string privatePem, string publicPem) = PemKeys.Generate(type);
        SigningKey signer = PemKeys.ReadPrivate("", privatePem);
        VerifyingKey verifier = PemKeys.ReadPublic(publicPem);
        byte[] text = new byte[400];
        byte[] signature = new byte[verifier.SignatureLength];
        void Sign() => signer.Sign(text, signature);
        void Verify() => verifier.Verify(text, signature);
        return new CryptoCost(MicrosecondsOf(Sign, Signs), MicrosecondsOf(Verify, Verifies));
    }

    /// <summary><c>openssl speed</c>; null where there is no openssl program. The program's version is not always the library's.</summary>
    public static CryptoCost? OpenSsl(SignType type)
    {
        // -mr: one line for machines, +F2 (RSA) or +F4 (ECDSA), then :<n>:<bits>:<signs a second>:<verifies a second>, of CPU time
        (string name, string mark) = type == SignType.Es256 ? ("ecdsap256", "+F4:") : ("rsa2048", "+F2:");
        string line = Run("openssl", "speed -mr -seconds 1 " + name).Split('\n').FirstOrDefault(line => line.StartsWith(mark, StringComparison.Ordinal)) ?? "";
        string[] parts = line.Split(':');
        return parts.Length >= 5 && TryMicroseconds(parts[3], out double sign) && TryMicroseconds(parts[4], out double verify)
            ? new CryptoCost(sign, verify)
            : null;
    }

    /// <summary>The openssl program's version, or nothing.</summary>
    public static string OpenSslVersion() => Run("openssl", "version").Trim();

    private static string Run(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            return process.StandardOutput.ReadToEnd();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }

    private static bool TryMicroseconds(string perSecond, out double microseconds)
    {
        bool isNumber = double.TryParse(perSecond, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 1;
        microseconds = isNumber ? 1e6 / value : 0;
        return isNumber;
    }

    private static double MicrosecondsOf(Action operation, int count)
    {
        for (int i = 0; i < count / 10; i++)
        {
            operation();
        }
        double before = ThreadCpuMicroseconds();
        for (int i = 0; i < count; i++)
        {
            operation();
        }
        return (ThreadCpuMicroseconds() - before) / count;
    }

    private static double ThreadCpuMicroseconds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return Pacer.Now / 1000.0;
        }
        ClockGettime(ClockThreadCpuTime, out TimeSpec time);
        return (time.Seconds * 1e6) + (time.Nanoseconds / 1000.0);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGettime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
