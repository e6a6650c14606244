using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace HotPath.Host.Simulator;

/// <summary>The four requests of the channel contract over the simulator's books.</summary>
internal sealed class SimulatorApplication(
    Books books, ClearingDesk desk, Drill? drill, TimeSpan silenceCap, TimeProvider clock, CancellationToken stopping) : IHttpApplication<HttpContext>
{
    /// <summary>Largest accepted request, in bytes. A payment with a code is below 2 KiB; face_data of 48 KiB, each byte escaped, is 96 KiB.</summary>
    internal const int MaxBodyBytes = 128 * 1024;

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await AnswerAsync(context, ended.Token);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            // The caller left, the simulator stops, or the books cannot be written: no answer is the honest one.
            context.Abort();
        }
    }

    private async Task AnswerAsync(HttpContext context, CancellationToken ended)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }
        if (drill is not null && context.Request.Path.Value == "/drill")
        {
            bool isSet = drill.TrySet(context.Request.Query["latency"], context.Request.Query["errors"]);
            context.Response.StatusCode = isSet ? StatusCodes.Status204NoContent : StatusCodes.Status400BadRequest;
            return;
        }
        if (await ReadAsync(context.Request.BodyReader, ended) is not { } reference)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        switch (context.Request.Path.Value)
        {
            // Money out or money back is said twice, by the path and by the payment named: what disagrees is no request.
            case "/v1/pay" when !reference.IsRefund:
            case "/v1/refund" when reference.IsRefund:
                await MoveAsync(context, reference, ended);
                break;
            case "/v1/pay" or "/v1/refund":
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                break;
            case "/v1/inquire":
                await WriteAsync(context, books.Tell(reference), ended);
                break;
            case "/v1/reverse":
                await WriteAsync(context, books.Reverse(reference), ended);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private static async ValueTask<ClearingReference?> ReadAsync(PipeReader body, CancellationToken ended)
    {
        while (true)
        {
            ReadResult read = await body.ReadAsync(ended);
            if (!read.IsCompleted)
            {
                // Kestrel ends the request when it is longer than MaxBodyBytes.
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }
            bool isRead = TryRead(read.Buffer, out ClearingReference reference);
            body.AdvanceTo(read.Buffer.End);
            return isRead ? reference : null;
        }
    }

    // A face is in nobody's books, and not in what they leave to the garbage collector.
    private static bool TryRead(in ReadOnlySequence<byte> body, out ClearingReference reference)
    {
        if (body.IsSingleSegment)
        {
            return ReferenceReader.TryRead(body.FirstSpan, out reference);
        }
        byte[] whole = ArrayPool<byte>.Shared.Rent((int)body.Length);
        body.CopyTo(whole);
        bool isRead = ReferenceReader.TryRead(whole.AsSpan(0, (int)body.Length), out reference);
        ArrayPool<byte>.Shared.Return(whole, clearArray: true);
        return isRead;
    }

    private async Task MoveAsync(HttpContext context, ClearingReference reference, CancellationToken ended)
    {
        switch (await desk.MoveAsync(reference, ended))
        {
            case PayAnswer.ServerError:
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return;
            case PayAnswer.None:
                await Task.Delay(silenceCap, clock, ended);
                context.Abort();
                return;
            default:
                await WriteAsync(context, books.Tell(reference), ended);
                return;
        }
    }

    private static async Task WriteAsync(HttpContext context, BookAnswer answer, CancellationToken ended)
    {
        await answer.Written;
        ended.ThrowIfCancellationRequested();
        if (answer.Result == BookResult.OtherContent)
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            return;
        }
        var body = new ArrayBufferWriter<byte>(256);
        Render(body, answer);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.BodyWriter.WriteAsync(body.WrittenMemory, ended);
    }

    private static void Render(ArrayBufferWriter<byte> into, in BookAnswer answer)
    {
        using var json = new Utf8JsonWriter(into);
        json.WriteStartObject();
        BookLine.WriteReference(json, answer.Reference);
        json.WriteString("result"u8, BookLine.NameOf(answer.Result));
        if (answer.Result == BookResult.Failed)
        {
            json.WriteString("decline_code"u8, answer.DeclineCode);
        }
        if (answer.Result == BookResult.Success)
        {
            Span<byte> number = stackalloc byte[3 + TradeNo.TextLength];
            "SIM"u8.CopyTo(number);
            answer.Reference.TradeNo.Format(number[3..]);
            json.WriteString("channel_trade_no"u8, number);
        }
        json.WriteEndObject();
    }
}
