using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HotPath.Host.Client;
using HotPath.Host.Server;
using HotPath.Signing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HotPath.Host.Receiver;

/// <summary>What a receiver answers to a verified notification.</summary>
/// <param name="Status">HTTP.</param>
/// <param name="Text">The body.</param>
internal readonly record struct ReceiverAnswer(int Status, string Text)
{
    /// <summary>The acknowledgement.</summary>
    internal static ReceiverAnswer Success { get; } = new(StatusCodes.Status200OK, "success");

    /// <summary>None: the connection is held until the other side gives it up.</summary>
    internal static ReceiverAnswer Never { get; } = new(0, "never");
}

/// <summary>
/// An institution's side of notifications, for sandboxes and drills: an HTTPS listener on 127.0.0.1 that verifies what comes to <c>/notify/INST</c>, writes
/// it into a file and answers <c>success</c>; <c>GET /notifications/INST</c> shows the file.
/// </summary>
internal sealed class NotificationReceiver : IAsyncDisposable
{
    // A notification is below 3 KB.
    private const int MaxBodyBytes = 16 * 1024;

    private readonly string _folder;
    private readonly VerifyingKey _gatewayKey;
    private readonly TimeProvider _clock;
    private readonly Func<SignedMessage, ReceiverAnswer> _answer;
    private readonly Lock _gate = new();
    private WebApplication _application = null!;

    private NotificationReceiver(string folder, VerifyingKey gatewayKey, TimeProvider clock, Func<SignedMessage, ReceiverAnswer> answer)
    {
        _folder = folder;
        _gatewayKey = gatewayKey;
        _clock = clock;
        _answer = answer;
    }

    /// <summary>Where it listens, with the port it really got.</summary>
    internal Uri BaseAddress => BareApplication.Address(_application);

    /// <param name="folder">Where <c>INST.jsonl</c> are written; made when missing.</param>
    /// <param name="certificate">What it shows.</param>
    /// <param name="gatewayKey">Who must have signed.</param>
    /// <param name="port">On 127.0.0.1; 0: a free one.</param>
    /// <param name="logs">Where Kestrel complains.</param>
    /// <param name="clock">Stamps the lines.</param>
    /// <param name="answer">What is answered to a verified notification; null: <c>success</c>.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    internal static async Task<NotificationReceiver> StartAsync(
        string folder, ServerCertificate certificate, VerifyingKey gatewayKey, int port, ILoggerFactory logs, TimeProvider clock,
        Func<SignedMessage, ReceiverAnswer>? answer = null)
    {
        Directory.CreateDirectory(folder);
        var receiver = new NotificationReceiver(folder, gatewayKey, clock, answer ?? (static _ => ReceiverAnswer.Success));
        WebApplicationBuilder builder = BareApplication.Builder(logs);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = MaxBodyBytes;
            options.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(certificate.Handshake(TimeSpan.FromSeconds(5)));
            });
        });
        receiver._application = await BareApplication.StartAsync(builder, receiver.HandleAsync);
        return receiver;
    }

    /// <summary>Where this institution's lines are.</summary>
    internal string FileOf(string instId) => Path.Combine(_folder, instId + ".jsonl");

    public async ValueTask DisposeAsync()
    {
        using (var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(200)))
        {
            await _application.StopAsync(atOnce.Token);
        }
        await _application.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        string[] path = (context.Request.Path.Value ?? "").Split('/');
        bool isOurs = path is ["", "notify" or "notifications", { Length: > 0 and <= 32 } inst] && inst.All(char.IsAsciiLetterOrDigit);
        if (!isOurs)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        switch (path[1], context.Request.Method)
        {
            case ("notify", "POST"):
                await TakeAsync(context, path[2]);
                break;
            case ("notifications", "GET"):
                await ShowAsync(context, path[2]);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                break;
        }
    }

    private async Task TakeAsync(HttpContext context, string inst)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        SignedMessage? message = Read(body.ToArray());
        // Another institution's is as good as forged.
        bool isVerified = message is not null && message.IsSignedBy(_gatewayKey) && message["inst_id"] == inst;
        ReceiverAnswer answer = isVerified ? _answer(message!) : new ReceiverAnswer(StatusCodes.Status400BadRequest, "not verified");
        Write(inst, message, isVerified, answer.Text);
        if (answer == ReceiverAnswer.Never)
        {
            var gone = new TaskCompletionSource();
            await using (context.RequestAborted.Register(gone.SetResult))
            {
                await gone.Task;
            }
            return;
        }
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "text/plain";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(answer.Text));
    }

    private static SignedMessage? Read(byte[] body)
    {
        try
        {
            return SignedMessage.Parse(body);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // Before it is answered: what was acknowledged can be read, also when the process is killed just then.
    private void Write(string inst, SignedMessage? message, bool isVerified, string answer)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("received_at", _clock.GetUtcNow());
            json.WriteBoolean("verified", isVerified);
            json.WriteString("answer", answer);
            if (message is not null)
            {
                json.WritePropertyName("notification");
                message.WriteTo(json);
            }
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        lock (_gate)
        {
            using FileStream file = new(FileOf(inst), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(line.GetBuffer().AsSpan(0, (int)line.Length));
        }
    }

    private async Task ShowAsync(HttpContext context, string inst)
    {
        context.Response.ContentType = "application/x-ndjson";
        if (File.Exists(FileOf(inst)))
        {
            await using FileStream file = new(FileOf(inst), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            await file.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }
}
