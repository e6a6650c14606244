using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Pipeline;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Host.Server;

/// <summary>
/// <c>POST /api</c>: steps 1 and 11 of the corridor. A request that is not one of ours gets its HTTP status and nothing else; one that is
/// comes whole into a pooled slot, walks the corridor, and its answer is written from that slot.
/// </summary>
/// <remarks>
/// The request's cancellation token goes nowhere: a client that leaves changes nothing about a payment that was accepted.
/// The slot is rented after the last byte has come, so that a slow body holds a connection and no slot.
/// </remarks>
internal sealed partial class PaymentEndpoint(
    PaymentPipeline pipeline, GatewayMetrics metrics, TimeProvider clock, ILogger<PaymentEndpoint> logger)
{
    /// <summary>The one address of the protocol.</summary>
    internal const string Path = "/api";

    private const string Json = "application/json";

    // 56 KiB each. Slots beyond these are made and dropped again; 512 is 10,000 payments/s at 50 ms.
    private const int RetainedSlots = 512;

    private readonly ObjectPool<RequestSlot> _slots = new DefaultObjectPool<RequestSlot>(new SlotPolicy(), RetainedSlots);

    internal Task HandleAsync(HttpContext context)
    {
        int refusal = RequestRules.Check(context.Request, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (refusal == RequestRules.Fine)
        {
            // Kestrel wants a Task. One around a pooled state machine is 80 bytes; a state machine of its own for each request would be 300.
            return ServeAsync(context, (int)context.Request.ContentLength.GetValueOrDefault()).AsTask();
        }
        Refuse(context, refusal);
        return Task.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]
    private async ValueTask ServeAsync(HttpContext context, int length)
    {
        // 1 accept
        PipeReader reader = context.Request.BodyReader;
        ReadOnlySequence<byte> body;
        try
        {
            body = await ReadAsync(reader, length);
        }
        catch (IOException failure) when (failure is not BadHttpRequestException)
        {
            // The client left in the middle of its body. (A BadHttpRequestException is Kestrel's to answer: 400 or 408.)
            context.Abort();
            return;
        }
        metrics.RequestStarted();
        RequestSlot slot = _slots.Get();
        try
        {
            body.CopyTo(slot.BodyBuffer);
            slot.SetBody(length);
            reader.AdvanceTo(body.End);
            slot.ArrivedAt = clock.GetTimestamp();
            slot.Host = HostOf(context);

            // 2 to 10
            await pipeline.RunAsync(slot);

            // 11 write
            await WriteAsync(context, slot);
        }
        catch (LedgerUnavailableException)
        {
            // The ledger stopped under this request: only a restart will tell what it came to.
            context.Abort();
        }
        catch (Exception failure) when (failure is JournalDamagedException or IOException)
        {
            // A record cannot be read back, so the outcome is open, and a 500 would read as a refusal.
            LogOpenOutcome(failure);
            context.Abort();
        }
        finally
        {
            _slots.Return(slot);
            metrics.RequestEnded();
        }
    }

    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private static async ValueTask<ReadOnlySequence<byte>> ReadAsync(PipeReader reader, int length)
    {
        while (true)
        {
            ReadResult read = await reader.ReadAsync();
            if (read.Buffer.Length >= length)
            {
                return read.Buffer;
            }
            if (read.IsCompleted)
            {
                throw new IOException("the body ended before its length");
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static ValueTask<FlushResult> WriteAsync(HttpContext context, RequestSlot slot)
    {
        HttpResponse response = context.Response;
        switch (slot.HttpStatus)
        {
            case StatusCodes.Status200OK:
                response.ContentType = Json;
                response.ContentLength = slot.Answer.Json.Length;
                // Copied into the connection's buffer before this returns: the slot may go.
                return response.BodyWriter.WriteAsync(slot.Answer.Json);
            case 0:
                context.Abort();
                return default;
            default:
                response.StatusCode = slot.HttpStatus;
                response.ContentLength = 0;
                return default;
        }
    }

    // Kestrel has refused what is no host. HTTP allows an empty one: then it is where the connection ends.
    private static string HostOf(HttpContext context) =>
        context.Request.Headers.Host is [{ Length: > 0 } host] ? host : $"{context.Connection.LocalIpAddress}:{context.Connection.LocalPort}";

    private static void Refuse(HttpContext context, int status)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentLength = 0;
        if (status == StatusCodes.Status405MethodNotAllowed)
        {
            response.Headers.Allow = HttpMethods.Post;
        }
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            // There is a body that nobody will read: the connection ends instead of skipping it.
            response.Headers.Connection = "close";
        }
    }

    [LoggerMessage(EventId = 340, Level = LogLevel.Error, Message = "the ledger could not be read under a request: its connection was cut")]
    private partial void LogOpenOutcome(Exception failure);

    private sealed class SlotPolicy : PooledObjectPolicy<RequestSlot>
    {
        public override RequestSlot Create() => new();

        public override bool Return(RequestSlot slot)
        {
            slot.Clear();
            return true;
        }
    }
}
