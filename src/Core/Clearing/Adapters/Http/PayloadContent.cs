using System.Net;
using System.Net.Http.Headers;

namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>A request body in memory that remembers whether the handler ever began to send it.</summary>
internal sealed class PayloadContent : HttpContent
{
    // Shared by all requests and never changed.
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ReadOnlyMemory<byte> _payload;

    internal PayloadContent(ReadOnlyMemory<byte> payload)
    {
        _payload = payload;
        Headers.ContentType = Json;
    }

    /// <summary>
    /// False: no byte of the body was handed to a connection, so that the channel cannot have understood the request. Written and read
    /// in the course of one send, which orders the two.
    /// </summary>
    internal bool WasStarted { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasStarted = true;
        return stream.WriteAsync(_payload, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _payload.Length;
        return true;
    }
}
