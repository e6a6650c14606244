using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using HotPath.Faults.Checking;
using HotPath.Host.Client;

namespace HotPath.Faults.Processes;

/// <summary>Calls one start of a gateway and keeps of each answer the very bytes. Nothing is thrown for what the gateway does.</summary>
internal sealed class Caller : IDisposable
{
    private readonly Uri _api;
    private readonly HttpClient _http;
    private readonly Func<double> _nowMs;

    /// <param name="api">Where to post.</param>
    /// <param name="ca">Whom to trust.</param>
    /// <param name="limit">After this a call has no answer.</param>
    /// <param name="nowMs">The harness's time.</param>
    internal Caller(Uri api, X509Certificate2 ca, TimeSpan limit, Func<double> nowMs)
    {
        _api = api;
        _nowMs = nowMs;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        var trust = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            // The gateway's clock may be one of the faults; whether its certificate is in date is not what is looked at.
            VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid,
        };
        trust.CustomTrustStore.Add(ca);
        handler.SslOptions.CertificateChainPolicy = trust;
        _http = new HttpClient(handler) { Timeout = limit };
    }

    /// <summary>Posts a signed request.</summary>
    internal async Task<Call> CallAsync(Party party, SignedMessage request)
    {
        // Rounded outwards, so that two calls that overlapped never look as if one had come after the other.
        long sentAt = (long)Math.Floor(_nowMs());
        (int status, byte[] body) = await PostAsync(request.ToJson());
        long endedAt = (long)Math.Ceiling(_nowMs());
        var call = new Call { SentAtMs = sentAt, EndedAtMs = endedAt, Request = new Dictionary<string, string>(request.Members), Status = status, Body = body };
        if (status != (int)HttpStatusCode.OK)
        {
            return call;
        }
        try
        {
            SignedMessage answer = SignedMessage.Parse(body);
            return call with { Answer = new Dictionary<string, string>(answer.Members), IsVerified = answer.IsSignedBy(party.GatewayKey) };
        }
        catch (FormatException)
        {
            return call;
        }
    }

    /// <summary>Fetches what an answer gave the address of.</summary>
    internal Task<byte[]> GetAsync(Uri address) => _http.GetByteArrayAsync(address);

    public void Dispose() => _http.Dispose();

    private async Task<(int Status, byte[] Body)> PostAsync(byte[] body)
    {
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            using HttpResponseMessage response = await _http.PostAsync(_api, content);
            return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync());
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return (0, []);
        }
    }
}
