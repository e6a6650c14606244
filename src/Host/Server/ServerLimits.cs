using HotPath.Core.Wire;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HotPath.Host.Server;

/// <summary>What the institutions' listener grants a connection before it has shown a signature.</summary>
internal sealed record ServerLimits
{
    // For the program's own files (340), journal, index, channels and admin listener; an accept that finds no descriptor ends Kestrel's
    // listening (F27).
    private const int ReservedDescriptors = 2048;

    /// <summary>From the first byte of a request to the end of its headers. Default 10 s. Range 1 to 60 s.</summary>
    // Kestrel's own is 30 s. A request's headers are one packet; 10 s is a bad mobile line, and all a slow loris gets (F25).
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From accept to the end of the TLS handshake. Default 5 s. Range 1 to 30 s.</summary>
    // Kestrel's own is 10 s. Two round trips round the globe are below 1 s (F26).
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an idle connection is kept. Default 130 s. Range 10 s to 1 h.</summary>
    // Kestrel's own, and longer than the 55 to 120 s after which client pools drop idle connections: the client goes first, no request is lost.
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>All headers together, in bytes. Default 8,192 (8 KiB). Range 1,024 to 32,768.</summary>
    // Kestrel's own is 32 KiB, made for cookies. A client library sends 300 bytes, two proxies add as much again.
    public int MaxHeadersTotalBytes { get; init; } = 8 * 1024;

    /// <summary>Headers of a request. Default 64. Range 16 to 100.</summary>
    public int MaxHeaderCount { get; init; } = 64;

    /// <summary>The request line, in bytes. Default 1,024. Range 64 to 8,192.</summary>
    // "POST /api HTTP/1.1" is 18.
    public int MaxRequestLineBytes { get; init; } = 1024;

    /// <summary>Bytes of a request that Kestrel holds before we read them. Default 65,536 (64 KiB). Range 32,768 to 1,048,576.</summary>
    // Kestrel's own is 1 MiB. A body of an interface but the largest waits here until it is whole.
    public int MaxBufferedBytes { get; init; } = 64 * 1024;

    /// <summary>Slowest a body may come and an answer may be taken, in bytes a second. Default 240. Range 1 to 65,536.</summary>
    // Kestrel's own: 2 kbit/s is below GPRS.
    public int MinBytesPerSecond { get; init; } = 240;

    /// <summary>The same for a body above 16 KiB. Default 32,768 (32 KiB/s). Range 1 to 1,048,576.</summary>
    // It waits in memory that is dear: at 240 B/s the largest body would hold one of the large buffers for 73 minutes, at this rate for 32 s.
    // Such bodies come from an institution's own systems, not from a till on a mobile line.
    public int MinLargeBodyBytesPerSecond { get; init; } = 32 * 1024;

    /// <summary>How long a body or an answer may be slower than <see cref="MinBytesPerSecond"/>. Default 5 s. Range 1 to 60 s.</summary>
    public TimeSpan SlowGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections at once; more are closed after accept. Default 16,384, less where the process may open fewer files. Range 1 to 1,000,000.</summary>
    // 10,000 tills that keep their connection open, and half as many again. 40 KiB each: 640 MiB at the very end.
    public int MaxConnections { get; init; } = Math.Min(16 * 1024, Math.Max(256, FileDescriptors.Limit - ReservedDescriptors));

    internal void ApplyTo(KestrelServerOptions options)
    {
        var slowest = new MinDataRate(MinBytesPerSecond, SlowGrace);
        KestrelServerLimits limits = options.Limits;
        limits.RequestHeadersTimeout = RequestHeadersTimeout;
        limits.KeepAliveTimeout = KeepAliveTimeout;
        limits.MaxRequestHeadersTotalSize = MaxHeadersTotalBytes;
        limits.MaxRequestHeaderCount = MaxHeaderCount;
        limits.MaxRequestLineSize = MaxRequestLineBytes;
        limits.MaxRequestBufferSize = MaxBufferedBytes;
        // RequestRules refuses more before Kestrel looks; the same number here, so that nothing can ever read further.
        limits.MaxRequestBodySize = BodyLimits.Largest;
        limits.MinRequestBodyDataRate = slowest;
        limits.MinResponseDataRate = slowest;
        limits.MaxConcurrentConnections = MaxConnections;
        // Nothing here upgrades a connection.
        limits.MaxConcurrentUpgradedConnections = 0;
        options.AddServerHeader = false;
        options.RequestHeaderEncodingSelector = StrictContentLength.Select;
    }
}
