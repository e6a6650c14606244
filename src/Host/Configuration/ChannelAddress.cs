namespace HotPath.Host.Configuration;

/// <summary>Where a channel may be, for the configuration and the command line alike.</summary>
internal static class ChannelAddress
{
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
}
