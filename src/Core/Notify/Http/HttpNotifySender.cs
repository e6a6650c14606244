using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace HotPath.Core.Notify.Http;

/// <summary>Posts notifications over HTTPS: TLS 1.2 or 1.3, certificate checked, no redirect, no cookie, no proxy, an answer of a few bytes.</summary>
public sealed class HttpNotifySender : INotifySender
{
    /// <summary>Bytes of an answer that are looked at. <c>success</c> is 7.</summary>
    // What is longer is an error page, and nobody's acknowledgement.
    internal const int MaxAnswerBytes = 64;

    private static readonly MediaTypeHeaderValue Json = new("application/json", "utf-8");
    private static readonly Version Http11 = HttpVersion.Version11;

    private readonly HttpMessageInvoker _http;
    private readonly TimeSpan _deadline;
    private readonly TimeProvider _clock;

    public HttpNotifySender(HttpNotifyOptions options, TimeProvider clock)
    {
        _deadline = options.Deadline;
        _clock = clock;
        _http = new HttpMessageInvoker(NewHandler(options));
    }

    public async ValueTask<SendOutcome> SendAsync(Uri address, ReadOnlyMemory<byte> body)
    {
        using var deadline = new CancellationTokenSource(_deadline, _clock);
        // HTTP/1.1, as the institutions' side of this gateway speaks it.
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Version = Http11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content = new ReadOnlyMemoryContent(body);
        request.Content.Headers.ContentType = Json;
        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, deadline.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return SendOutcome.OtherStatus;
            }
            return await IsSuccessAsync(response, deadline.Token) ? SendOutcome.Acknowledged : SendOutcome.OtherBody;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return OutcomeOf(failure);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// The acknowledgement: <c>success</c> in small letters, blanks and line ends around it allowed, for many a framework ends its line, and
    /// nothing else.
    /// </summary>
    internal static bool IsSuccess(ReadOnlySpan<byte> body) => body.Trim(" \t\r\n"u8).SequenceEqual("success"u8);

    private static async ValueTask<bool> IsSuccessAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] body = new byte[MaxAnswerBytes + 1];
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
        int length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
        return length <= MaxAnswerBytes && IsSuccess(body.AsSpan(0, length));
    }

    private static SendOutcome OutcomeOf(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AddressRefusedException:
                    return SendOutcome.AddressRefused;
                case AuthenticationException:
                    return SendOutcome.TlsFailed;
                case OperationCanceledException or TimeoutException:
                    return SendOutcome.TimedOut;
            }
        }
        return SendOutcome.Unreachable;
    }

    private static SocketsHttpHandler NewHandler(HttpNotifyOptions options)
    {
        var connector = new GuardedConnector(options);
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (context, cancellation) => connector.ConnectAsync(context.DnsEndPoint, cancellation),
            ConnectTimeout = options.ConnectTimeout,
            // Where a name leads changes now and then, and so may whether it may: every connection is of an address looked at not long ago.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            Credentials = null,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = 16,
            // An answer that is not wanted to its end costs its connection, never a long read.
            MaxResponseDrainSize = 4096,
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(200),
        };
#pragma warning disable CA5398 // Exactly these two, whatever the machine allows.
        handler.SslOptions.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
#pragma warning restore CA5398
        // Asking for revocation, or for an intermediate that was not sent, would fetch addresses that a certificate names: another way to make this machine
        // call somebody, and one that blocks a thread of the pool meanwhile.
        var trust = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (options.Authority is { } authority)
        {
            trust.TrustMode = X509ChainTrustMode.CustomRootTrust;
            trust.CustomTrustStore.Add(authority);
        }
        handler.SslOptions.CertificateChainPolicy = trust;
        return handler;
    }
}
