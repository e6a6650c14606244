using System.Net;
using HotPath.Core.Auth;
using HotPath.Core.Notify.Http;
using HotPath.Host.Server;

namespace HotPath.Host.Configuration;

/// <summary>Checks where notifications may go, and where each institution wants them. Networks first: what an address may be depends on them.</summary>
internal sealed class NotifyCheck(Faults faults, bool isSandbox)
{
    private IReadOnlyList<IPNetwork> _trusted = isSandbox ? AddressGuard.Private : [];

    internal HttpNotifyOptions CheckNotify(GatewayConfiguration configuration)
    {
        var networks = new List<IPNetwork>();
        for (int i = 0; i < configuration.Notify.TrustedNetworks.Count; i++)
        {
            if (CheckNetwork($"notify.trusted_networks[{i}]", configuration.Notify.TrustedNetworks[i]) is { } network)
            {
                networks.Add(network);
            }
        }
        _trusted = [.. _trusted, .. networks];
        return new HttpNotifyOptions { TrustedNetworks = _trusted, Resolve = NameLookup.OfThisMachine.FindAsync };
    }

    internal NotifyTarget? CheckTarget(string path, InstitutionConfiguration institution)
    {
        faults.InRange(path + ".notify_concurrency", institution.NotifyConcurrency, 1, 256);
        if (institution.NotifyUrl is not { } url)
        {
            return null;
        }
        (Uri? address, IReadOnlyList<string> found) = NotifyAddress.Read(url, _trusted);
        foreach (string fault in found)
        {
            faults.Add(path + ".notify_url", fault);
        }
        return address is null ? null : new NotifyTarget(address, institution.NotifyConcurrency);
    }

    private IPNetwork? CheckNetwork(string path, string? text)
    {
        if (faults.Required(path, text) is not { } given)
        {
            return null;
        }
        // What is read drops the bits behind the prefix, and a slip of the pen would widen the line to all its neighbours.
        if (!IPNetwork.TryParse(given, out IPNetwork network) || !network.BaseAddress.Equals(IPAddress.Parse(given.AsSpan(0, given.IndexOf('/')))))
        {
            faults.Add(path, $"{given} is not a network like 10.20.0.0/16, with no bit set behind its prefix");
            return null;
        }
        if (!AddressGuard.Private.Any(whole => whole.BaseAddress.AddressFamily == network.BaseAddress.AddressFamily &&
            whole.PrefixLength <= network.PrefixLength && whole.Contains(network.BaseAddress)))
        {
            faults.Add(path, $"{given} is not within {string.Join(", ", AddressGuard.Private)}: a public address needs no trust, a special one gets none");
            return null;
        }
        return network;
    }
}
