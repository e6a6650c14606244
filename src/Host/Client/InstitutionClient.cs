using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Signing;

namespace HotPath.Host.Client;

/// <summary>What came of a call.</summary>
/// <param name="Request">The signed request.</param>
/// <param name="Answer">The answer, when there was one with an envelope.</param>
/// <param name="Problem">Why the answer is missing or not to be believed; null when it is verified.</param>
internal sealed record Exchange(SignedMessage Request, SignedMessage? Answer, string? Problem)
{
    internal bool IsVerified => Problem is null;

    internal string? RespCode => Answer?["resp_code"];

    /// <summary>One JSON object in one line: request, answer, verified.</summary>
    internal string ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("request");
            Request.WriteTo(writer);
            if (Answer is not null)
            {
                writer.WritePropertyName("answer");
                Answer.WriteTo(writer);
            }
            writer.WriteBoolean("verified", IsVerified);
            if (Problem is not null)
            {
                writer.WriteString("problem", Problem);
            }
            writer.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>An institution's side of the protocol: signs, posts over TLS against one trusted CA, verifies the answer and that it is ours.</summary>
internal sealed class InstitutionClient : IDisposable
{
    // An answer echoes these, signed: one that belongs to another request has others.
    private static readonly string[] Echoed = ["req_id", "inst_id", "biz_type"];

    private readonly Uri _api;
    private readonly SigningKey _key;
    private readonly VerifyingKey _gatewayKey;
    private readonly HttpClient _http;

    internal InstitutionClient(Uri api, SigningKey key, VerifyingKey gatewayKey, X509Certificate2 trusted)
    {
        _api = api;
        _key = key;
        _gatewayKey = gatewayKey;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(trusted);
        handler.SslOptions.CertificateChainPolicy = trust;
        // The protocol promises an answer to a payment within 3 s; what takes three times that is no answer.
        _http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
    }

    /// <summary>Signs and posts <paramref name="request"/>. Failures are in the result: nothing is thrown for what the network or the gateway does.</summary>
    internal async Task<Exchange> CallAsync(SignedMessage request, CancellationToken cancellationToken = default)
    {
        request["sign_type"] = SignTypes.Name(_key.SignType);
        request.SignWith(_key);
        try
        {
            using var content = new ByteArrayContent(request.ToJson());
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            using HttpResponseMessage response = await _http.PostAsync(_api, content, cancellationToken);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.StatusCode == HttpStatusCode.OK
                ? Judge(request, body)
                : new Exchange(request, null, $"HTTP {(int)response.StatusCode}");
        }
        catch (HttpRequestException failure)
        {
            return new Exchange(request, null, "no answer: " + (failure.InnerException ?? failure).Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Exchange(request, null, "no answer in time");
        }
    }

    /// <summary>Fetches what a download_url names into <paramref name="into"/>. It trusts whom the calls trust.</summary>
    /// <returns>Null, or what went wrong.</returns>
    internal async Task<string?> FetchAsync(Uri address, Stream into, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return $"the file: HTTP {(int)response.StatusCode}";
            }
            await response.Content.CopyToAsync(into, cancellationToken);
            return null;
        }
        catch (Exception failure) when (failure is HttpRequestException or HttpIOException)
        {
            return "the file: " + (failure.InnerException ?? failure).Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "the file: no answer in time";
        }
    }

    public void Dispose() => _http.Dispose();

    private Exchange Judge(SignedMessage request, byte[] body)
    {
        SignedMessage answer;
        try
        {
            answer = SignedMessage.Parse(body);
        }
        catch (FormatException failure)
        {
            return new Exchange(request, null, "the answer is " + failure.Message);
        }
        if (!answer.IsSignedBy(_gatewayKey))
        {
            return new Exchange(request, answer, "the answer's signature is not the gateway's");
        }
        string? foreign = Echoed.FirstOrDefault(name => answer[name] is { } echo && echo != request[name]);
        return new Exchange(request, answer, foreign is null ? null : $"the answer belongs to another request: {foreign}");
    }
}
