using System.Net;

namespace HotPath.Core.Notify.Http;

/// <summary>What a notify_url may be. Looked at when it is configured; where its name leads is looked at with every connection.</summary>
public static class NotifyAddress
{
    /// <summary>Longest address, in characters.</summary>
    // Room for every real one; a log line and a row of a list hold it.
    public const int MaxLength = 512;

    /// <summary>The one port of a public address.</summary>
    internal const int HttpsPort = 443;

    /// <summary>The address, null when it is none, and all that speaks against using it.</summary>
    /// <param name="text">As it was registered.</param>
    /// <param name="trusted">Parts of <see cref="AddressGuard.Private"/> that may be notified, at any port. Where a name leads is looked at when it is connected to.</param>
    public static (Uri? Address, IReadOnlyList<string> Faults) Read(string text, IReadOnlyList<IPNetwork> trusted)
    {
        if (text.Length > MaxLength)
        {
            return (null, [$"is longer than {MaxLength} characters"]);
        }
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme != Uri.UriSchemeHttps)
        {
            // Not the text: what is no address may hold a password all the same.
            return (null, ["is not an absolute https address"]);
        }
        var faults = new List<string>();
        if (text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.Contains('\\', StringComparison.Ordinal))
        {
            faults.Add("must be printable ASCII without blanks and backslashes");
        }
        if (address.UserInfo.Length > 0 || text.Contains('@', StringComparison.Ordinal))
        {
            faults.Add("must not carry a user or password");
        }
        if (text.Contains('#', StringComparison.Ordinal))
        {
            faults.Add("must not have a fragment");
        }
        if (!text.StartsWith("https://" + address.Host, StringComparison.OrdinalIgnoreCase))
        {
            faults.Add($"its host is {address.Host}: write it so");
        }
        bool isLiteral = IPAddress.TryParse(address.DnsSafeHost, out IPAddress? literal);
        if (address.Port != HttpsPort && (isLiteral ? !AddressGuard.IsIn(trusted, literal!) : trusted.Count == 0))
        {
            faults.Add($"its port is {address.Port}: only {HttpsPort} may be notified");
        }
        if (isLiteral && AddressGuard.Refusal(literal!, trusted) is { } refusal)
        {
            faults.Add($"{literal} is a {refusal} address");
        }
        return (address, faults);
    }
}
