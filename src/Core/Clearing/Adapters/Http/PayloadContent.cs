using System.Net;
using System.Net.Http;

namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>A request body in memory that remembers whether the handler ever began to send it. Carries one call's after the other's.</summary>
internal sealed class PayloadContent : HttpContent
{
    private ReadOnlyMemory<byte> _payload;

    internal PayloadContent() => Headers.TryAddWithoutValidation("Content-Type", "application/json");

    /// <summary>
    /// False: no byte of the body was handed to a connection, so that the channel cannot have understood the request. Written and read
    /// in the course of one send, which orders the two.
    /// </summary>
    internal bool WasStarted { get; private set; }

    internal void Carry(ReadOnlyMemory<byte> payload)
    {
        _payload = payload;
        WasStarted = false;
        // Said each time: the headers keep the length that they were asked for first.
        Headers.ContentLength = payload.Length;
    }

    /// <summary>Lets go of the call's buffer.</summary>
    internal void Drop() => _payload = default;

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
