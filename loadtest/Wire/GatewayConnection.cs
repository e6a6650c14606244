using System.Buffers.Text;
using System.Text;

namespace HotPath.LoadTest.Wire;

/// <summary>One answer, in the connection's buffer until the next exchange.</summary>
internal readonly record struct HttpAnswer(int Status, ReadOnlyMemory<byte> Body);

/// <summary>
/// One keep-alive connection and just enough HTTP/1.1 for this gateway: a request in one write, an answer with a Content-Length.
/// HttpClient costs about as much CPU for a call as the gateway's own server, and both share the machine's cores.
/// </summary>
/// <param name="endpoint">Where to connect.</param>
/// <param name="open">A connection that is open already; null: one is made when it is needed.</param>
internal sealed class GatewayConnection(GatewayEndpoint endpoint, Stream? open = null) : IAsyncDisposable
{
    private const int LongestAnswer = 1024 * 1024;

    private readonly byte[] _out = new byte[8 * 1024];

    // A page of a hundred trades is four times as long, and then grows it.
    private byte[] _in = new byte[16 * 1024];
    private Stream? _stream = open;

    public async Task OpenAsync(CancellationToken cancel) => _stream ??= await endpoint.ConnectAsync(cancel);

    /// <summary>Sends one body and reads its answer; opens the connection again when it was closed.</summary>
    /// <remarks>Takes no cancellation token, which would cost two registrations a call: disposing the connection ends a call under way.</remarks>
    /// <exception cref="IOException">The connection broke, or what came was not an answer. What became of the request is not known.</exception>
    public async ValueTask<HttpAnswer> ExchangeAsync(ReadOnlyMemory<byte> body)
    {
        await OpenAsync(CancellationToken.None);
        try
        {
            await _stream!.WriteAsync(_out.AsMemory(0, Write(body.Span)));
            return await ReadAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Stream? stream = _stream;
        _stream = null;
        if (stream is not null)
        {
            await stream.DisposeAsync();
        }
    }

    private int Write(ReadOnlySpan<byte> body)
    {
        endpoint.RequestHead.CopyTo(_out, 0);
        int length = endpoint.RequestHead.Length;
        Utf8Formatter.TryFormat(body.Length, _out.AsSpan(length), out int digits);
        length += digits;
        "\r\n\r\n"u8.CopyTo(_out.AsSpan(length));
        length += 4;
        body.CopyTo(_out.AsSpan(length));
        return length + body.Length;
    }

    private async ValueTask<HttpAnswer> ReadAsync()
    {
        int filled = 0;
        int headEnd;
        do
        {
            filled += await FillAsync(filled);
            headEnd = _in.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
        }
        while (headEnd < 0);
        AnswerHead head = AnswerHead.Parse(_in.AsSpan(0, headEnd));
        int bodyStart = headEnd + 4;
        if (head.ContentLength > LongestAnswer)
        {
            throw new IOException($"an answer of {head.ContentLength} bytes");
        }
        if (head.ContentLength > _in.Length - bodyStart)
        {
            Array.Resize(ref _in, bodyStart + head.ContentLength);
        }
        while (filled < bodyStart + head.ContentLength)
        {
            filled += await FillAsync(filled);
        }
        if (head.IsLast)
        {
            await DisposeAsync();
        }
        return new HttpAnswer(head.Status, _in.AsMemory(bodyStart, head.ContentLength));
    }

    private async ValueTask<int> FillAsync(int filled)
    {
        int read = filled < _in.Length ? await _stream!.ReadAsync(_in.AsMemory(filled)) : 0;
        return read > 0 ? read : throw new IOException("the connection ended before the answer did");
    }

    /// <summary>What of an answer's head matters here.</summary>
    private readonly record struct AnswerHead(int Status, int ContentLength, bool IsLast)
    {
        internal static AnswerHead Parse(ReadOnlySpan<byte> head)
        {
            if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[9..], out int status, out _))
            {
                throw new IOException("not an HTTP/1.1 answer");
            }
            int length = 0;
            bool isLast = false;
            foreach (Range range in head.Split("\r\n"u8))
            {
                ReadOnlySpan<byte> line = head[range];
                if (StartsWithName(line, "content-length:"u8) && !Utf8Parser.TryParse(line[15..].TrimStart((byte)' '), out length, out _))
                {
                    throw new IOException("an answer without a readable length");
                }
                isLast |= StartsWithName(line, "connection: close"u8);
            }
            return new AnswerHead(status, length, isLast);
        }

        private static bool StartsWithName(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
            line.Length >= name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name);
    }
}
