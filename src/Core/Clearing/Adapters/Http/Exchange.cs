using System.Net;
using System.Net.Http;
using HotPath.Core.Model;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>
/// What one call needs of the HTTP library, used again by the next one: the request with its header collections, its content and the
/// deadline. New for each call, they would be 480 of 1,710 bytes (docs/performance.md).
/// </summary>
/// <remarks>
/// <see cref="HttpMessageInvoker"/> lets a request be sent again (that one may be sent once only is a rule of HttpClient). Nobody but the
/// call has it when the answer has been read to its end: the handler sends the body before it reads the answer, and by then has let go
/// of both. A call that ended in any other way must not return its exchange, for a connection may still be at work on it.
/// </remarks>
internal sealed class Exchange : IDisposable
{
    private const string IdempotencyKey = "Idempotency-Key";

    private readonly CancellationTokenSource _deadline;
    private readonly PayloadContent _content = new();

    private Exchange(CancellationTokenSource deadline)
    {
        _deadline = deadline;
        Request = new HttpRequestMessage
        {
            Method = HttpMethod.Post,
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = _content,
        };
    }

    internal HttpRequestMessage Request { get; }

    /// <summary>Fires when the time of this call is over.</summary>
    internal CancellationToken Deadline => _deadline.Token;

    /// <summary>False: no byte of the body was handed to a connection.</summary>
    internal bool WasStarted => _content.WasStarted;

    /// <summary>Makes it the request of one call and starts its deadline. The payload must stay until the call has ended.</summary>
    internal void Begin(Uri address, TradeNo tradeNo, ReadOnlyMemory<byte> payload, TimeSpan deadline)
    {
        Request.RequestUri = address;
        Request.Headers.Remove(IdempotencyKey);
        Request.Headers.TryAddWithoutValidation(IdempotencyKey, tradeNo.ToString());
        _content.Carry(payload);
        _deadline.CancelAfter(deadline);
    }

    public void Dispose()
    {
        Request.Dispose();
        _deadline.Dispose();
    }

    /// <summary>How a pool makes them and takes them back.</summary>
    internal sealed class Policy(TimeProvider clock) : PooledObjectPolicy<Exchange>
    {
        public override Exchange Create() => new(new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock));

        public override bool Return(Exchange exchange)
        {
            exchange._content.Drop();
            // False when it fired, or was about to, or its timer is not the system's: then it may not meet the next call.
            bool isReusable = exchange._deadline.TryReset();
            if (!isReusable)
            {
                exchange.Dispose();
            }
            return isReusable;
        }
    }
}
