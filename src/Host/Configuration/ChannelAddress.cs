using System.Net;
using HotPath.Core.Notify.Http;

namespace HotPath.Host.Configuration;

/// <summary>Where a channel may be, for the configuration and the command line alike.</summary>
internal static class ChannelAddress
{
    /// <summary>ISO 8583 over TCP as it is.</summary>
    internal const string Tcp = "tcp";

    /// <summary>ISO 8583 over TLS.</summary>
    internal const string Tls = "tls";

    /// <summary>The address, null when it is none, and all that speaks against using it.</summary>
    internal static (Uri? Address, IReadOnlyList<string> Faults) Read(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            return (null, [$"{url} is not an absolute http or https address"]);
        }
        var faults = new List<string>();
        if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback)
        {
            faults.Add($"{url} would send payments in the clear: https, or http to this machine");
        }
        if (address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            faults.Add("must be scheme, host, port and path only");
        }
        return (address, faults);
    }

    /// <summary>Of ISO 8583: tls://host:port anywhere; tcp://host:port on this machine, or to a private address where every message has a code.</summary>
    internal static (Uri? Address, IReadOnlyList<string> Faults) ReadIso8583(string url, bool hasMac)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not (Tcp or Tls) || address.Port < 1 || address.Host.Length == 0)
        {
            return (null, [$"{url} is not like tls://host:port or tcp://host:port"]);
        }
        var faults = new List<string>();
        bool isPrivate = IPAddress.TryParse(address.DnsSafeHost, out IPAddress? ip) && AddressGuard.IsIn(AddressGuard.Private, ip);
        if (address.Scheme == Tcp && !address.IsLoopback && !(isPrivate && hasMac))
        {
            faults.Add($"{url} would send payments in the clear: tls, or tcp to this machine, or over a leased line to a private address with iso8583.mac_key");
        }
        if (address.UserInfo.Length > 0 || address.AbsolutePath is not ("" or "/") || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            faults.Add("must be scheme, host and port only");
        }
        return (address, faults);
    }
}
