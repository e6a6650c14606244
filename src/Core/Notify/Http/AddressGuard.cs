using System.Net;
using System.Net.Sockets;

namespace HotPath.Core.Notify.Http;

/// <summary>
/// Which addresses a notification may go to (F51): those of the public internet. Everything the registries of special addresses (IANA, RFC 6890
/// and its successors) set apart is refused, and so is every IPv6 form that carries an IPv4 address on to somebody who unpacks it.
/// </summary>
public static class AddressGuard
{
    /// <summary>
    /// Networks that lead to somebody this machine may know: itself, and what it is joined with. Parts of them can be named as trusted; of everything
    /// else that is refused (metadata services are link-local) nothing can.
    /// </summary>
    public static IReadOnlyList<IPNetwork> Private { get; } =
    [
        .. new[] { "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7" }.Select(IPNetwork.Parse),
    ];

    private static readonly (IPNetwork Network, string Name)[] Refused =
    [
        .. Named("unspecified", "0.0.0.0/8", "::/128"),
        .. Named("loopback", "127.0.0.0/8", "::1/128"),
        .. Named("private", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        .. Named("shared (carrier-grade NAT)", "100.64.0.0/10"),
        .. Named("link-local", "169.254.0.0/16", "fe80::/10"),
        .. Named("protocol assignment", "192.0.0.0/24", "2001::/23"),
        .. Named("documentation", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
        .. Named("6to4 relay", "192.88.99.0/24"),
        .. Named("benchmarking", "198.18.0.0/15"),
        .. Named("multicast", "224.0.0.0/4", "ff00::/8"),
        .. Named("reserved", "240.0.0.0/4"),
        // What carries an IPv4 address: compatible, translated, NAT64 (well-known and local), 6to4, and Teredo within 2001::/23.
        .. Named("embedded IPv4", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"),
        .. Named("discard-only", "100::/64", "100:0:0:1::/64"),
        .. Named("segment routing", "5f00::/16"),
        .. Named("unique local", "fc00::/7"),
        .. Named("site-local", "fec0::/10"),
    ];

    // All of today's internet in IPv6 is in here; what is outside of it has not been given to anybody.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>Why nothing may be sent to this address; null when it may.</summary>
    /// <param name="address">Where a name leads, or what stands in its place.</param>
    /// <param name="trusted">Parts of <see cref="Private"/> that may be notified all the same.</param>
    public static string? Refusal(IPAddress address, IReadOnlyList<IPNetwork> trusted)
    {
        if (IsIn(trusted, address))
        {
            return null;
        }
        // Before the table: IPNetwork takes a mapped address for IPv4, and then finds it in no network of IPv6, or in one too many.
        if (address.IsIPv4MappedToIPv6)
        {
            return "mapped IPv4";
        }
        foreach ((IPNetwork network, string name) in Refused)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
            {
                return name;
            }
        }
        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => null,
            // A scope names a link of this machine.
            AddressFamily.InterNetworkV6 when address.ScopeId == 0 && GlobalUnicast.Contains(address) => null,
            _ => "not global",
        };
    }

    /// <summary>Whether one of the networks has this very address; one of IPv4 in the clothes of IPv6, or with the name of a link, is in none.</summary>
    public static bool IsIn(IReadOnlyList<IPNetwork> networks, IPAddress address) =>
        !address.IsIPv4MappedToIPv6 && (address.AddressFamily == AddressFamily.InterNetwork || address.ScopeId == 0) &&
        networks.Any(network => network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address));

    private static IEnumerable<(IPNetwork Network, string Name)> Named(string name, params string[] networks) =>
        networks.Select(network => (IPNetwork.Parse(network), name));
}
