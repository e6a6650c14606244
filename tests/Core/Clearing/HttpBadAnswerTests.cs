using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

[Collection(nameof(CountedAlone))]
public sealed class HttpBadAnswerTests : BadAnswerTests
{
    private static readonly Nonsense[] Rows =
    [
        new("another reference", BadAnswer.WrongReference),
        new("no reference", BadAnswer.WrongReference),
        new("another payment of a refund", BadAnswer.WrongReference),
        new("another amount", BadAnswer.WrongAmount),
        new("another currency", BadAnswer.WrongCurrency),
        new("unknown result", BadAnswer.UnknownCode),
        new("unknown decline", BadAnswer.UnknownCode),
        new("a reason beside a result that is no decline", BadAnswer.UnknownCode),
        new("a result of another question", BadAnswer.UnknownCode),
        new("no JSON", BadAnswer.Malformed),
        new("a member twice", BadAnswer.Malformed),
        new("half a character for a name", BadAnswer.Malformed),
        new("two answers in one body", BadAnswer.Malformed),
        new("ill-formed number", BadAnswer.Malformed),
        new("no HTTP", BadAnswer.Malformed),
        new("200 MB announced", BadAnswer.TooLong),
        new("200 MB unannounced", BadAnswer.TooLong),
        new("head without end", BadAnswer.TooLong, false, BadAnswer.CutShort),
        new("body drips", BadAnswer.TooSlow) { EndsAtTheDeadline = static _ => true },
        new("closes before a byte", BadAnswer.CutShort),
        new("closes in the head", BadAnswer.CutShort),
        new("closes in the body", BadAnswer.CutShort),
        new("status 500", BadAnswer.Refused),
        new("redirect", BadAnswer.Refused),
        new("silence", null) { EndsAtTheDeadline = static _ => true },
        // The library drops what is behind an answer with its connection, and says so to nobody: it cannot be counted, and cannot find another call either.
        new("answers twice", null, IsHarmless: true),
    ];

    public static TheoryData<string, Operation> Table => Cases(Rows, (row, operation) => row.Name switch
    {
        "another payment of a refund" => operation == Operation.Refund,
        // An inquiry knows every result; its echo is an inquiry.
        "a result of another question" => operation is not (Operation.Inquire or Operation.Echo),
        _ => true,
    });

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Nonsense_IsInDoubt_AndCounted(string nonsense, Operation operation)
    {
        await using var channel = new Hostile();
        await ProveAsync(nonsense, operation, channel);
    }

    private sealed class Hostile : IHostileChannel
    {
        private readonly ScriptedServer _server;
        private readonly TaskCompletionSource _hasSaidEnough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile string? _nonsense;

        internal Hostile()
        {
            _server = new ScriptedServer(AnswerAsync);
            Adapter = new HttpClearingAdapter(new HttpClearingOptions { BaseAddress = _server.BaseAddress, Deadline = Deadline }, Clock);
        }

        public IClearingAdapter Adapter { get; }

        public IReadOnlyList<Nonsense> Rows => HttpBadAnswerTests.Rows;

        public FakeTimeProvider Clock { get; } = new();

        public Task HasSaidEnough => _hasSaidEnough.Task;

        public void GoMad(string? nonsense) => _nonsense = nonsense;

        public async ValueTask DisposeAsync()
        {
            GoMad(null);
            await Adapter.DisposeAsync();
            await _server.DisposeAsync();
        }

        private async Task AnswerAsync(ReceivedRequest request, Stream stream)
        {
            using JsonDocument asked = JsonDocument.Parse(request.Body);
            bool isReversal = request.Head.StartsWith("POST /v1/reverse", StringComparison.Ordinal);
            string Of(string name, string value) => $"\"{name}\":\"{value}\"";
            string Asked(string name) => Of(name, asked.RootElement.GetProperty(name).GetString()!);
            string original = asked.RootElement.TryGetProperty("original_reference", out _) ? Asked("original_reference") + "," : "";
            string result = Of("result", isReversal ? "REVERSED" : "SUCCESS");
            string good = $"{{{Asked("reference")},{original}{Asked("amount_minor")},{Asked("currency")},{result}}}";
            string other = "2026030112000000000700000000";
            byte[] http = ScriptedServer.Http(good);
            switch (_nonsense)
            {
                case "200 MB announced":
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n"u8.ToArray());
                    await FloodAsync(stream, (byte)' ');
                    break;
                case "200 MB unannounced":
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
                    await FloodAsync(stream, (byte)' ');
                    break;
                case "head without end":
                    await stream.WriteAsync("HTTP/1.1 200 OK\r\nX: "u8.ToArray());
                    await FloodAsync(stream, (byte)'x');
                    break;
                case "no HTTP":
                    await stream.WriteAsync("0210 is another protocol\r\n\r\n"u8.ToArray());
                    stream.Close();
                    break;
                case "body drips":
                    await DripAsync(stream, http);
                    break;
                case "closes before a byte":
                    stream.Close();
                    break;
                case "closes in the head":
                    await stream.WriteAsync(http.AsMemory(0, 20));
                    stream.Close();
                    break;
                case "closes in the body":
                    await stream.WriteAsync(http.AsMemory(0, http.Length - 5));
                    stream.Close();
                    break;
                case "status 500":
                    await stream.WriteAsync(ScriptedServer.Http(good, "500 Internal Server Error"));
                    break;
                case "redirect":
                    await stream.WriteAsync(ScriptedServer.Http(good, "307 Temporary Redirect\r\nLocation: /v1/pay"));
                    break;
                case "silence":
                    _hasSaidEnough.SetResult();
                    break;
                case "answers twice":
                    await stream.WriteAsync(http.Concat(http).ToArray());
                    break;
                default:
                    await stream.WriteAsync(ScriptedServer.Http(_nonsense switch
                    {
                        "another reference" => good.Replace(Asked("reference"), Of("reference", other), StringComparison.Ordinal),
                        "no reference" => good.Replace(Asked("reference") + ",", "", StringComparison.Ordinal),
                        "another payment of a refund" => good.Replace(original, Of("original_reference", other) + ",", StringComparison.Ordinal),
                        "another amount" => good.Replace(Asked("amount_minor"), Of("amount_minor", "2"), StringComparison.Ordinal),
                        "another currency" => good.Replace(Asked("currency"), Of("currency", "HKD"), StringComparison.Ordinal),
                        "unknown result" => good.Replace(result, Of("result", "DONE"), StringComparison.Ordinal),
                        "unknown decline" => good.Replace(result, Of("result", "FAILED") + "," + Of("decline_code", "NO_IDEA"), StringComparison.Ordinal),
                        "a reason beside a result that is no decline" => good.Replace(result, result + "," + Of("decline_code", "LIMIT_EXCEEDED"), StringComparison.Ordinal),
                        "half a character for a name" => good.Replace(result, result + ",\"\\ud800abcdef\":1", StringComparison.Ordinal),
                        "a result of another question" => good.Replace(result, Of("result", "NOT_FOUND"), StringComparison.Ordinal),
                        "no JSON" => "<html>SUCCESS</html>",
                        "a member twice" => good.Replace(result, result + "," + result, StringComparison.Ordinal),
                        "two answers in one body" => good + good,
                        "ill-formed number" => good.Replace(result, result + "," + Of("channel_trade_no", "a b"), StringComparison.Ordinal),
                        _ => good,
                    }));
                    break;
            }
        }

        // Whole it is only when the channel is in its right mind again.
        private async Task DripAsync(Stream stream, byte[] http)
        {
            await stream.WriteAsync(http.AsMemory(0, http.Length - 60));
            for (int i = http.Length - 60; i < http.Length - 1; i++)
            {
                await Task.Delay(1);
                await stream.WriteAsync(http.AsMemory(i, 1));
            }
            _hasSaidEnough.SetResult();
            while (_nonsense is not null)
            {
                await Task.Delay(1);
            }
            await stream.WriteAsync(http.AsMemory(http.Length - 1));
        }

        private static async Task FloodAsync(Stream stream, byte what)
        {
            byte[] piece = Enumerable.Repeat(what, 64 * 1024).ToArray();
            for (int i = 0; i < 3200; i++)
            {
                await stream.WriteAsync(piece);
            }
        }
    }
}
