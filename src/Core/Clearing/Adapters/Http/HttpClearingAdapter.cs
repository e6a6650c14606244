using System.Buffers;
using System.Net;
using System.Net.Http;
using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>Speaks docs/channel-contract.md over pooled HTTP/1.1 connections.</summary>
/// <remarks>
/// <para>
/// Sent once. SocketsHttpHandler repeats a request by itself in one case only: the pooled connection it picked turns out to be closed
/// before it has begun to send the body. From the first byte of a body on it repeats nothing, and ours is never empty. Should that ever
/// change, the channel still executes once: each request carries its trade_no or refund_id as <c>Idempotency-Key</c> and as <c>reference</c>.
/// </para>
/// <para>
/// The handler sends the body to its end (or fails) before it reads the answer, so that the call's buffer is free when a send has ended.
/// It allocates 1.2 KB for each request: its state machines, the response, the texts of its headers. Ours is the text of one header; the
/// rest of a call (<see cref="Exchange"/>) is pooled.
/// </para>
/// </remarks>
public sealed class HttpClearingAdapter : IClearingAdapter
{
    // Enough for every answer in practice; a longer one doubles it.
    private const int FirstAnswerBytes = 4096;

    private readonly HttpMessageInvoker _payments;
    private readonly HttpMessageInvoker _inquiries;
    private readonly Uri[] _addresses;
    private readonly int _maxAnswerBytes;
    private readonly TimeSpan _deadline;
    private Action<BadAnswer, TradeNo>? _told;
    private readonly ObjectPool<Exchange> _exchanges;
    private readonly ObjectPool<RequestEncoder> _encoders =
        new DefaultObjectPool<RequestEncoder>(new DefaultPooledObjectPolicy<RequestEncoder>());

    public HttpClearingAdapter(HttpClearingOptions options, TimeProvider clock)
        : this(options, clock, NewDialer(options, clock).DialAsync)
    {
    }

    /// <param name="options">How the channel is reached.</param>
    /// <param name="clock">Whose deadline counts.</param>
    /// <param name="dial">Makes a connection.</param>
    internal HttpClearingAdapter(HttpClearingOptions options, TimeProvider clock, Func<CancellationToken, ValueTask<Dialed>> dial)
    {
        _maxAnswerBytes = options.MaxAnswerBytes;
        _deadline = options.Deadline;
        _exchanges = new DefaultObjectPool<Exchange>(new Exchange.Policy(clock), options.MaxConnections + options.MaxInquiryConnections);
        string root = options.BaseAddress.AbsoluteUri.TrimEnd('/');
        // By ClearingVerb.
        _addresses = [new Uri(root + "/v1/pay"), new Uri(root + "/v1/inquire"), new Uri(root + "/v1/reverse"), new Uri(root + "/v1/refund")];
        _payments = new HttpMessageInvoker(NewHandler(options, options.MaxConnections, dial));
        _inquiries = new HttpMessageInvoker(NewHandler(options, options.MaxInquiryConnections, dial));
    }

    public void EncodePay(in PayOrder order, ClearingCall call)
    {
        RequestEncoder encoder = _encoders.Get();
        encoder.Pay(order, call.Payload);
        _encoders.Return(encoder);
    }

    public ValueTask<ClearingResult> PayAsync(ClearingCall call) =>
        ExchangeAsync(ClearingVerb.Pay, call.Reference, call.Payload.WrittenMemory);

    public void EncodeRefund(in RefundOrder order, ClearingCall call)
    {
        RequestEncoder encoder = _encoders.Get();
        encoder.Refund(order, call.Payload);
        _encoders.Return(encoder);
    }

    public ValueTask<ClearingResult> RefundAsync(ClearingCall call) =>
        ExchangeAsync(ClearingVerb.Refund, call.Reference, call.Payload.WrittenMemory);

    public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => AskAsync(ClearingVerb.Inquire, reference);

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => AskAsync(ClearingVerb.Reverse, reference);

    public void TellBadAnswers(Action<BadAnswer, TradeNo> to) => _told = to;

    public ValueTask DisposeAsync()
    {
        _payments.Dispose();
        _inquiries.Dispose();
        return default;
    }

    private static ChannelDialer NewDialer(HttpClearingOptions options, TimeProvider clock)
    {
        options.Validate();
        Uri address = options.BaseAddress;
        return new ChannelDialer(address.IdnHost, address.Port, address.Scheme == Uri.UriSchemeHttps, authority: null, options.ConnectTimeout, clock);
    }

    private static SocketsHttpHandler NewHandler(HttpClearingOptions options, int connections, Func<CancellationToken, ValueTask<Dialed>> dial) => new()
    {
        MaxConnectionsPerServer = connections,
        // Of https the dialer hands over a stream whose handshake is done, and the handler makes none of its own.
        ConnectCallback = async (_, stop) => (await dial(stop)).Stream,
        // The dialer's own limit comes first; this is the net behind it.
        ConnectTimeout = 2 * options.ConnectTimeout,
        // A channel behind DNS moves now and then; a connection that lives for ever would never see it.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        // Shorter than any server's keep-alive known to us (nginx 75 s, Kestrel 130 s): ours goes first, which avoids the stale ones.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(55),
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 16,
        // An answer we do not want to its end costs its connection, never a long read.
        MaxResponseDrainSize = 4096,
        ResponseDrainTimeout = TimeSpan.FromMilliseconds(200),
    };

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<ClearingResult> AskAsync(ClearingVerb verb, ClearingReference reference)
    {
        RequestEncoder encoder = _encoders.Get();
        ClearingResult result = await ExchangeAsync(verb, reference, encoder.Reference(reference));
        _encoders.Return(encoder);
        return result;
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private async ValueTask<ClearingResult> ExchangeAsync(ClearingVerb verb, ClearingReference reference, ReadOnlyMemory<byte> payload)
    {
        Exchange exchange = _exchanges.Get();
        exchange.Begin(_addresses[(int)verb], reference.TradeNo, payload, _deadline);
        bool isReadToItsEnd = false;
        bool hasBegun = false;
        byte[] answer = [];
        try
        {
            // Payments that hang hold their connections: what asks about them, or takes one back for somebody at a till, has its own.
            HttpMessageInvoker http = verb is ClearingVerb.Pay or ClearingVerb.Refund ? _payments : _inquiries;
            using HttpResponseMessage response = await http.SendAsync(exchange.Request, exchange.Deadline);
            hasBegun = true;
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return InDoubt(BadAnswer.Refused, reference);
            }
            if (response.Content.Headers.ContentLength > _maxAnswerBytes)
            {
                return InDoubt(BadAnswer.TooLong, reference);
            }
            answer = ArrayPool<byte>.Shared.Rent(FirstAnswerBytes);
            using Stream body = response.Content.ReadAsStream(exchange.Deadline);
            int length = 0;
            int read;
            while ((read = await body.ReadAsync(answer.AsMemory(length), exchange.Deadline)) > 0)
            {
                length += read;
                if (length > _maxAnswerBytes)
                {
                    return InDoubt(BadAnswer.TooLong, reference);
                }
                if (length == answer.Length)
                {
                    Grow(ref answer);
                }
            }
            isReadToItsEnd = true;
            BadAnswer bad = ClearingAnswer.Read(answer.AsSpan(0, length), verb, reference, out ClearingResult result);
            return bad == BadAnswer.None ? result : InDoubt(bad, reference);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            if (!IsNotDelivered(failure, exchange))
            {
                return InDoubt(FaultOf(failure, hasBegun), reference);
            }
            // Of an inquiry that did not get through nothing follows; of anything else, that it was not asked for.
            return ClearingResult.Of(verb == ClearingVerb.Inquire ? ClearingOutcome.Unknown : ClearingOutcome.NotDelivered);
        }
        finally
        {
            if (answer.Length > 0)
            {
                // A channel that sends back what it was sent: what it was sent is to be left nowhere.
                ArrayPool<byte>.Shared.Return(answer, clearArray: true);
            }
            if (isReadToItsEnd)
            {
                _exchanges.Return(exchange);
            }
            else
            {
                exchange.Dispose();
            }
        }
    }

    private ClearingResult InDoubt(BadAnswer bad, in ClearingReference reference)
    {
        if (bad != BadAnswer.None)
        {
            _told?.Invoke(bad, reference.TradeNo);
        }
        return ClearingResult.Of(ClearingOutcome.Unknown);
    }

    /// <summary>What was wrong with an answer that could not be read; none when nothing had been said.</summary>
    private static BadAnswer FaultOf(Exception failure, bool hasBegun) => failure switch
    {
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => BadAnswer.CutShort,
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } => BadAnswer.CutShort,
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => BadAnswer.TooLong,
        HttpIOException or HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => BadAnswer.Malformed,
        // Our deadline. An answer that drips before its head is whole looks like silence from here.
        OperationCanceledException => hasBegun ? BadAnswer.TooSlow : BadAnswer.None,
        // A reset, of the body or of what came before it.
        IOException or HttpRequestException { InnerException: IOException } => BadAnswer.CutShort,
        _ => BadAnswer.None,
    };

    private static void Grow(ref byte[] answer)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(answer.Length * 2);
        answer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(answer, clearArray: true);
        answer = larger;
    }

    /// <summary>
    /// Two witnesses, and both must agree: the handler names a failure that comes before a connection exists, and our own content was
    /// never asked for its bytes. When unsure it is not this.
    /// </summary>
    private static bool IsNotDelivered(Exception failure, Exchange exchange)
    {
        if (exchange.WasStarted)
        {
            return false;
        }
        return failure switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => true,
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => true,
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => true,
            // The handler's ConnectTimeout is told in this form; our own deadline has no inner TimeoutException and stays in doubt.
            OperationCanceledException { InnerException: TimeoutException } => true,
            _ => false,
        };
    }
}
