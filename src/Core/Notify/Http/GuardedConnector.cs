using System.Net;
using System.Net.Sockets;

namespace HotPath.Core.Notify.Http;

/// <summary>
/// Connects to where a name leads, after having looked at it. The address that was looked at is the one that is connected to: the name is asked
/// once for a connection, so that an answer that changes in between changes nothing (F52).
/// </summary>
internal sealed class GuardedConnector(HttpNotifyOptions options)
{
    // A name with more addresses than this has enough; each costs a part of the time.
    private const int MostTried = 4;

    /// <exception cref="AddressRefusedException">The name leads to an address that is not allowed, be it beside others that are.</exception>
    /// <exception cref="SocketException">There is no address, or none takes the connection.</exception>
    internal async ValueTask<Stream> ConnectAsync(DnsEndPoint target, CancellationToken cancellation)
    {
        string host = target.Host;
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal) ? [literal] : await options.Resolve(host, cancellation);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }
        foreach (IPAddress address in addresses)
        {
            if (AddressGuard.Refusal(address, options.TrustedNetworks) is { } refusal)
            {
                throw new AddressRefusedException($"{host} leads to {address}, a {refusal} address");
            }
            if (target.Port != NotifyAddress.HttpsPort && !AddressGuard.IsIn(options.TrustedNetworks, address))
            {
                throw new AddressRefusedException($"{host} leads to {address}, a public address, and its port is {target.Port}");
            }
        }
        SocketException? last = null;
        IPAddress[] tried = [.. addresses.Take(MostTried)];
        foreach (IPAddress address in tried)
        {
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            // One that is silent must leave time for the next; the last may use up what is left.
            if (address != tried[^1])
            {
                turn.CancelAfter(options.ConnectTimeout / (tried.Length + 1));
            }
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, target.Port), turn.Token);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException failure)
            {
                socket.Dispose();
                last = failure;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                socket.Dispose();
                last = new SocketException((int)SocketError.TimedOut);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        throw last!;
    }
}

/// <summary>A name leads where no notification may go.</summary>
internal sealed class AddressRefusedException(string message) : IOException(message);
