using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HotPath.Host.Server;
using HotPath.Signing;

namespace HotPath.Host.Receiver;

/// <summary>How a receiver is started as a process of its own.</summary>
/// <param name="Folder">Where <c>INST.jsonl</c> are written.</param>
/// <param name="Certificate">PEM file of the certificate it shows.</param>
/// <param name="CertificateKey">PEM file of its private key.</param>
/// <param name="GatewayKey">Who must have signed.</param>
/// <param name="Port">On 127.0.0.1; 0: a free one.</param>
internal sealed record ReceiverOptions(string Folder, string Certificate, string CertificateKey, VerifyingKey GatewayKey, int Port);

/// <summary>The receiver as a process of its own: the body of <c>hotpath receiver</c>.</summary>
internal static class ReceiverProgram
{
    /// <summary>Serves until <paramref name="stop"/>. Prints one line when it can be called.</summary>
    /// <exception cref="IOException">The port is taken, or the certificate is none.</exception>
    internal static async Task RunAsync(ReceiverOptions options, ILoggerFactory logs, TimeProvider clock, TextWriter output, CancellationToken stop)
    {
        await using NotificationReceiver receiver = await NotificationReceiver.StartAsync(
            options.Folder, ReadCertificate(options), options.GatewayKey, options.Port, logs, clock);
        string address = receiver.BaseAddress.GetLeftPart(UriPartial.Authority);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"hotpath receiver ready {address} pid {Environment.ProcessId} writes {Path.GetFullPath(options.Folder)}"));
        await output.FlushAsync(CancellationToken.None);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(stopped.SetResult))
        {
            await stopped.Task;
        }
    }

    private static ServerCertificate ReadCertificate(ReceiverOptions options)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.Certificate);
            return new ServerCertificate(X509Certificate2.CreateFromPemFile(options.Certificate, options.CertificateKey), [.. chain.Skip(1)]);
        }
        catch (CryptographicException failure)
        {
            throw new IOException($"{options.Certificate} and {options.CertificateKey} are no certificate and its key: {failure.Message}", failure);
        }
    }
}
