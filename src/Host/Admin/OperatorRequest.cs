using System.Net;

namespace HotPath.Host.Admin;

/// <summary>
/// Whether a wish on the admin listener is an operator's. A browser on this machine reaches loopback on behalf of any page: so the host must be loopback by
/// name (a page's own name that was bent to 127.0.0.1 is not), nothing may come from a page, and a wish must carry a header that no page can set without
/// asking first, which nobody here answers.
/// </summary>
internal static class OperatorRequest
{
    /// <summary>What a wish must carry; any value.</summary>
    internal const string Header = "X-HotPath-Admin";

    /// <summary>Why it is refused (403); null when it may be served.</summary>
    internal static string? Refusal(HttpRequest request)
    {
        if (!IsLoopback(request.Host.Host) || request.Headers.Origin.Count > 0)
        {
            return "ask by the loopback address, and not from a page\n";
        }
        return HttpMethods.IsPost(request.Method) && !request.Headers.ContainsKey(Header) ? $"the header {Header} is missing\n" : null;
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
