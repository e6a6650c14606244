using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

[Collection(nameof(CountedAlone))]
public sealed class Iso8583BadAnswerTests : BadAnswerTests
{
    private static readonly Nonsense[] Rows =
    [
        new("another reference", BadAnswer.WrongReference),
        new("no reference", BadAnswer.WrongReference),
        new("another payment of a refund", BadAnswer.WrongReference),
        new("an answer to another question", BadAnswer.WrongReference),
        // A loop in the line: of an echo too that is no sign of life.
        new("what it was sent", BadAnswer.WrongReference),
        new("another amount", BadAnswer.WrongAmount),
        new("another currency", BadAnswer.WrongCurrency),
        new("unknown code", BadAnswer.UnknownCode),
        new("no code", BadAnswer.UnknownCode),
        new("system malfunction", BadAnswer.Refused),
        new("ill-formed number", BadAnswer.Malformed),
        new("bitmap of elements that are not there", BadAnswer.Malformed),
        new("bitmap of a third bitmap", BadAnswer.Malformed),
        new("letters for an amount", BadAnswer.Malformed),
        new("empty message", BadAnswer.Malformed),
        new("HTTP", BadAnswer.TooLong),
        new("200 MB", BadAnswer.TooLong),
        new("20 MB of answers to nobody", BadAnswer.ToNobody, false, BadAnswer.TooSlow, BadAnswer.CutShort) { EndsAtTheDeadline = static _ => true },
        new("drips", BadAnswer.TooSlow) { EndsAtTheDeadline = static _ => true },
        new("closes before a byte", BadAnswer.CutShort),
        new("closes in the middle", BadAnswer.CutShort),
        new("wrong code", BadAnswer.WrongMac),
        new("no code of authentication", BadAnswer.WrongMac),
        new("a code of seven bytes", BadAnswer.WrongMac),
        new("a code of nine bytes", BadAnswer.WrongMac),
        // An echo's time is a part of whose answer it is: bent, it is nobody's.
        new("bent under its code", BadAnswer.WrongMac) { EndsAtTheDeadline = static operation => operation == Operation.Echo },
        new("answers twice", BadAnswer.Twice, IsHarmless: true),
        new("answers nobody first", BadAnswer.ToNobody, IsHarmless: true),
        new("answers without a trace number first", BadAnswer.ToNobody, IsHarmless: true),
        new("silence", null) { EndsAtTheDeadline = static _ => true },
    ];

    public static TheoryData<string, Operation> Table => Cases(Rows, (row, operation) => row.Name switch
    {
        "another payment of a refund" => operation == Operation.Refund,
        // An echo is about nothing.
        "another reference" or "no reference" or "another amount" or "another currency" or "letters for an amount" or "ill-formed number" => operation != Operation.Echo,
        _ => true,
    });

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Nonsense_IsInDoubt_AndCounted(string nonsense, Operation operation)
    {
        await using var channel = new Hostile();
        await ProveAsync(nonsense, operation, channel);
    }

    /// <summary>A channel with codes where we know no key: what cannot be checked is not believed.</summary>
    [Fact]
    public async Task SealedAnswer_WhereNoKeyIsKnown_IsInDoubt()
    {
        await using var server = new IsoServer((asked, stream) => stream.WriteAsync(IsoServer.Frame(IsoServer.Sealed(asked))).AsTask());
        await using Iso8583ClearingAdapter adapter = server.Adapter();
        var caller = new Caller(adapter);

        Assert.Equal(ClearingOutcome.Unknown, (await caller.SendAsync(Payments.NewReference())).Outcome);
        Assert.Equal([BadAnswer.WrongMac], caller.Heard);
    }

    /// <summary>One call's nonsense is one call's doubt: what else is under way on the connection is answered.</summary>
    [Fact]
    public async Task Nonsense_ThatIsAMessage_CostsNobodyElseAnything()
    {
        await using var server = new IsoServer((asked, stream) => asked[4].EndsWith("13"u8)
            ? stream.WriteAsync(IsoServer.AnswerTo(asked, "00", (4, "000000000001"))).AsTask()
            : stream.WriteAsync(IsoServer.AnswerTo(asked)).AsTask());
        await using Iso8583ClearingAdapter adapter = server.Adapter();
        var caller = new Caller(adapter);
        ClearingReference bad = Payments.NewReference(8813);

        Task<ClearingResult>[] sending = [.. Enumerable.Range(0, 20).Select(_ => caller.SendAsync(Payments.NewReference())), caller.SendAsync(bad), .. Enumerable.Range(0, 20).Select(_ => caller.SendAsync(Payments.NewReference()))];
        ClearingResult[] results = await Task.WhenAll(sending);

        Assert.Equal(40, results.Count(result => result.Outcome == ClearingOutcome.Succeeded));
        Assert.Equal(ClearingOutcome.Unknown, results[20].Outcome);
        Assert.Equal([BadAnswer.WrongAmount], caller.Heard);
        Assert.Equal([bad.TradeNo], caller.HeardAbout);
        Assert.Equal(1, server.Connections);
    }

    private sealed class Hostile : IHostileChannel
    {
        private readonly IsoServer _server;
        private readonly TaskCompletionSource _hasSaidEnough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile string? _nonsense;

        internal Hostile()
        {
            _server = new IsoServer(AnswerAsync);
            Adapter = _server.Adapter(options => options with { Deadline = Deadline, Mac = IsoServer.Key }, Clock);
        }

        public IClearingAdapter Adapter { get; }

        public IReadOnlyList<Nonsense> Rows => Iso8583BadAnswerTests.Rows;

        public FakeTimeProvider Clock { get; } = new();

        public Task HasSaidEnough => _hasSaidEnough.Task;

        public void GoMad(string? nonsense) => _nonsense = nonsense;

        public async ValueTask DisposeAsync()
        {
            GoMad(null);
            await Adapter.DisposeAsync();
            await _server.DisposeAsync();
        }

        private async Task AnswerAsync(ReceivedMessage asked, Stream stream)
        {
            byte[] good = IsoServer.Frame(IsoServer.Sealed(IsoServer.MessageTo(asked)));
            string other = "2026030112000000000700000000";
            switch (_nonsense)
            {
                case "200 MB":
                    await FloodAsync(stream, Enumerable.Repeat((byte)0xFF, 64 * 1024).ToArray(), 200_000_000);
                    break;
                case "20 MB of answers to nobody":
                    _hasSaidEnough.SetResult();
                    byte[] nobodys = IsoServer.Frame(IsoServer.Sealed(IsoServer.MessageTo(asked, "00", (11, "999999"))));
                    await FloodAsync(stream, [.. Enumerable.Repeat(nobodys, 64 * 1024 / nobodys.Length).SelectMany(bytes => bytes)], 20_000_000);
                    break;
                case "HTTP":
                    await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
                    break;
                case "drips":
                    await DripAsync(stream, good);
                    break;
                case "closes before a byte":
                    stream.Close();
                    break;
                case "closes in the middle":
                    await stream.WriteAsync(good.AsMemory(0, good.Length - 5));
                    stream.Close();
                    break;
                case "silence":
                    _hasSaidEnough.SetResult();
                    break;
                case "answers twice":
                    await stream.WriteAsync(good.Concat(good).ToArray());
                    break;
                case "answers nobody first":
                    await stream.WriteAsync(IsoServer.Frame(IsoServer.Sealed(IsoServer.MessageTo(asked, "00", (37, "000000000000")))).Concat(good).ToArray());
                    break;
                case "answers without a trace number first":
                    await stream.WriteAsync(IsoServer.Frame(IsoServer.Sealed(IsoServer.MessageTo(asked, "00", (11, null)))).Concat(good).ToArray());
                    break;
                case "no code of authentication":
                    await stream.WriteAsync(IsoServer.AnswerTo(asked));
                    break;
                case "wrong code":
                    good[^1] ^= 1;
                    await stream.WriteAsync(good);
                    break;
                case "bent under its code":
                    // The amount's last digit, or of an echo the time's.
                    good[asked.Has(4) ? 2 + 20 + 6 + 11 : 2 + 20 + 9] ^= 1;
                    await stream.WriteAsync(good);
                    _hasSaidEnough.SetResult();
                    break;
                case "a code of seven bytes":
                    await stream.WriteAsync(IsoServer.Frame(good[2..^1]));
                    break;
                case "a code of nine bytes":
                    await stream.WriteAsync(IsoServer.Frame([.. good[2..], 0]));
                    break;
                case "empty message":
                    await stream.WriteAsync(new byte[2]);
                    break;
                case "bitmap of elements that are not there":
                    // 127, behind everything that is there but the code.
                    good[2 + 4 + 15] |= 2;
                    await stream.WriteAsync(good);
                    break;
                case "bitmap of a third bitmap":
                    good[2 + 4 + 8] |= 0x80;
                    await stream.WriteAsync(good);
                    break;
                case "letters for an amount":
                    good[2 + 20 + 6] = (byte)'A';
                    await stream.WriteAsync(good);
                    break;
                case "what it was sent":
                    await stream.WriteAsync(IsoServer.Frame(asked.Bytes.ToArray()));
                    break;
                case "an answer to another question":
                    byte[] message = IsoServer.MessageTo(asked);
                    (message[0], message[1], message[2], message[3]) = ((byte)'0', (byte)'9', (byte)'1', (byte)'0');
                    await stream.WriteAsync(IsoServer.Frame(IsoServer.Sealed(message)));
                    break;
                default:
                    await stream.WriteAsync(IsoServer.Frame(IsoServer.Sealed(_nonsense switch
                    {
                        "another reference" => IsoServer.MessageTo(asked, "00", (60, other)),
                        "no reference" => IsoServer.MessageTo(asked, "00", (60, null)),
                        "another payment of a refund" => IsoServer.MessageTo(asked, "00", (61, other)),
                        "another amount" => IsoServer.MessageTo(asked, "00", (4, "000000000001")),
                        "another currency" => IsoServer.MessageTo(asked, "00", (49, "344")),
                        "unknown code" => IsoServer.MessageTo(asked, "78"),
                        "no code" => IsoServer.MessageTo(asked, "00", (39, null)),
                        "system malfunction" => IsoServer.MessageTo(asked, "96"),
                        "ill-formed number" => IsoServer.MessageTo(asked, "00", (62, "a b")),
                        _ => IsoServer.MessageTo(asked),
                    })));
                    break;
            }
        }

        // Whole it is only when the channel is in its right mind again.
        private async Task DripAsync(Stream stream, byte[] answer)
        {
            for (int i = 0; i < answer.Length - 1; i++)
            {
                await stream.WriteAsync(answer.AsMemory(i, 1));
                await Task.Delay(1);
            }
            _hasSaidEnough.SetResult();
            while (_nonsense is not null)
            {
                await Task.Delay(1);
            }
            await stream.WriteAsync(answer.AsMemory(answer.Length - 1));
        }

        private static async Task FloodAsync(Stream stream, byte[] piece, long bytes)
        {
            for (long sent = 0; sent < bytes; sent += piece.Length)
            {
                await stream.WriteAsync(piece);
            }
        }
    }
}
