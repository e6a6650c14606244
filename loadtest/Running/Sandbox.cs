using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Wire;
using HotPath.Signing;

namespace HotPath.LoadTest.Running;

/// <summary>What an institution needs to talk to a gateway, as the sandbox lays it into its data directory.</summary>
internal sealed class Sandbox
{
    private Sandbox(GatewayEndpoint endpoint, VerifyingKey gateway, IReadOnlyDictionary<string, SignedBody> signers)
    {
        Endpoint = endpoint;
        Gateway = gateway;
        Signers = signers;
    }

    public GatewayEndpoint Endpoint { get; }

    public VerifyingKey Gateway { get; }

    public IReadOnlyDictionary<string, SignedBody> Signers { get; }

    public static Sandbox Open(string dataDirectory, Uri url, IEnumerable<string> institutions)
    {
        string? authority = url.Scheme == Uri.UriSchemeHttps ? Path.Combine(dataDirectory, "tls", "ca.pem") : null;
        return new Sandbox(
            new GatewayEndpoint(url, authority),
            PemKeys.ReadPublic(File.ReadAllText(Path.Combine(dataDirectory, "gateway", "public.pem"))),
            institutions.ToDictionary(static id => id, id => SignedBody.For(dataDirectory, id)));
    }
}
