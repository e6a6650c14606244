using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace HotPath.Core.Notify.Http;

/// <summary>How notifications go out.</summary>
public sealed record HttpNotifyOptions
{
    /// <summary>From the first look at the name to the last byte of the answer. Default 10 s. Range 10 ms to 60 s.</summary>
    // An institution that needs longer to write one line is in trouble, and its connections would be held for it.
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>DNS, TCP and TLS of a new connection. Default 5 s. Range 10 ms to 60 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Parts of <see cref="AddressGuard.Private"/> that are targets too, at any port: where leased lines lead, and all of it in a sandbox. Default none.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedNetworks { get; init; } = [];

    /// <summary>The one authority that is believed; null: those of the machine. Default null.</summary>
    public X509Certificate2? Authority { get; init; }

    /// <summary>Where a name leads. Not <see cref="Dns"/> as it is: on Linux that waits for the name servers on threads of the pool.</summary>
    public required Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; }
}
