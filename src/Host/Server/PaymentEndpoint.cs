using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HotPath.Core.Buffers;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Pipeline;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace HotPath.Host.Server;

/// <summary>
/// <c>POST /api</c>: steps 1 and 11 of the corridor. A request that is not one of ours gets its HTTP status and nothing else; one that is
/// comes whole into a pooled slot, walks the corridor, and its answer is written from that slot.
/// </summary>
/// <remarks>
/// The request's cancellation token goes nowhere: a client that leaves changes nothing about a payment that was accepted.
/// The slot is rented after the last byte has come, so that a slow body holds a connection and no slot; of a body above 64 KiB after the first
/// 64 KiB, and the rest must come at <see cref="ServerLimits.MinLargeBodyBytesPerSecond"/>.
/// </remarks>
internal sealed partial class PaymentEndpoint(
    PaymentPipeline pipeline, ServerLimits limits, GatewayMetrics metrics, TimeProvider clock, ILogger<PaymentEndpoint> logger)
{
    /// <summary>The one address of the protocol.</summary>
    internal const string Path = "/api";

    private const string Json = "application/json";

    // As much as Kestrel may hold of a request anyway: the body of every interface but the largest waits there until it is whole.
    private const int MostBytesBeforeSlot = BodyLimits.FacePay;

    private readonly SlotPool _slots = new();

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
            if (SlotPool.IsLarge(length) && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } slowest)
            {
                slowest.MinDataRate = new MinDataRate(limits.MinLargeBodyBytesPerSecond, limits.SlowGrace);
            }
            body = await ReadAsync(reader, Math.Min(length, MostBytesBeforeSlot));
        }
        catch (IOException failure) when (failure is not BadHttpRequestException)
        {
            // The client left in the middle of its body. (A BadHttpRequestException is Kestrel's to answer: 400 or 408.)
            context.Abort();
            return;
        }
        RequestSlot? slot = _slots.Rent(length);
        if (slot is null)
        {
            Forget(body);
            metrics.Refused(GatewayMetrics.RefusalCause.BodyCapacity, isSigned: false);
            Refuse(context, StatusCodes.Status429TooManyRequests);
            return;
        }
        metrics.RequestStarted();
        try
        {
            slot.SetBody(length);
            if (!await TakeAsync(reader, body, slot))
            {
                context.Abort();
                return;
            }
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
        catch (Exception failure) when (failure is JournalDamagedException or (IOException and not BadHttpRequestException))
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
        ReadOnlySequence<byte> come = default;
        try
        {
            while (true)
            {
                ReadResult read = await reader.ReadAsync();
                come = read.Buffer;
                if (come.Length >= length)
                {
                    return come;
                }
                if (read.IsCompleted)
                {
                    throw new IOException("the body ended before its length");
                }
                reader.AdvanceTo(come.Start, come.End);
            }
        }
        catch
        {
            // Cut off, or too slow: what has come of it was looked at and not taken, so nobody has given it back yet.
            Forget(come);
            throw;
        }
    }

    /// <summary>Moves the body into its slot: what has come, and what still comes. False when the client left before its end.</summary>
    [AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> TakeAsync(PipeReader reader, ReadOnlySequence<byte> piece, RequestSlot slot)
    {
        int length = Take(reader, piece, slot, 0);
        try
        {
            while (length < slot.BodyLength)
            {
                length = Take(reader, await ReadAsync(reader, 1), slot, length);
            }
            return true;
        }
        catch (IOException failure) when (failure is not BadHttpRequestException)
        {
            return false;
        }
    }

    private static int Take(PipeReader reader, ReadOnlySequence<byte> piece, RequestSlot slot, int at)
    {
        // Before it is given back: a sequence of segments that are used again no longer knows how long it was.
        int end = at + (int)piece.Length;
        piece.CopyTo(slot.BodyBuffer[at..]);
        Forget(piece);
        reader.AdvanceTo(piece.End);
        return end;
    }

    // Ours until we advance past it, and read by nobody after us: face_data is not to stay behind in the server's blocks.
    private static void Forget(in ReadOnlySequence<byte> come)
    {
        foreach (ReadOnlyMemory<byte> read in come)
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(read).Span);
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
}
