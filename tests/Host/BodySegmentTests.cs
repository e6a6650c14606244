using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Text;
using CsCheck;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Client;
using HotPath.Host.Server;
using HotPath.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace HotPath.Host.Tests;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.

/// <summary>
/// A body comes in pieces of any size and in buffers of any size. Its signature verifies only when every byte arrived once and in order, so
/// a query that is understood says that the body was put together rightly.
/// </summary>
public sealed class BodySegmentTests : IAsyncLifetime
{
    private static readonly SigningKey Key = PemKeys.ReadPrivate("k", PemKeys.Generate(SignType.Es256).PrivatePem);
    private static readonly SigningKey GatewayKey = PemKeys.ReadPrivate("gw", PemKeys.Generate().PrivatePem);

    private readonly EmptyLedger _ledger = new();
    private readonly Corridor _corridor;
    private readonly PaymentEndpoint _endpoint;

    public BodySegmentTests()
    {
        TimeProvider clock = TimeProvider.System;
        var metrics = new GatewayMetrics("test");
        var institution = new Institution(
            "A1", Region.Domestic, Language.English, [Currency.Parse("CNY")],
            new KeyRing([new RegisteredKey("k", PemKeys.ReadPublic(Key.ExportPublicPem()), 0, long.MaxValue)]), new Allowance(clock), metrics.ForInstitution("A1"));
        _corridor = new Corridor(
            _ledger, new Router([]), new InstitutionDirectory([institution]), new GatewayKeys(GatewayKey, Key), new PipelineOptions(), ThreadScheduler.Instance,
            clock, metrics, NullLoggerFactory.Instance);
        _endpoint = new PaymentEndpoint(_corridor.Pipeline, new ServerLimits(), metrics, clock, NullLogger<PaymentEndpoint>.Instance);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _corridor.DisposeAsync();
        await _ledger.DisposeAsync();
    }

    [Fact]
    public async Task Body_InPiecesOfEverySize_IsOneRequest()
    {
        (byte[] body, string reqId) = Query();
        for (int size = 1; size <= body.Length; size++)
        {
            await ExpectUnderstood(reqId, body.Chunk(size), piecesAtOnce: 1 + (size % 3));
        }
    }

    [Fact]
    public Task Body_InPiecesOfAnySizes_IsOneRequest() => Gen.Select(Gen.Int[1, 90].Array[1, 40], Gen.Int[1, 5], Gen.Int[0, 3]).SampleAsync(
        async (sizes, piecesAtOnce, padding) =>
        {
            (byte[] body, string reqId) = Query(padding * 3000);
            await ExpectUnderstood(reqId, Cut(body, sizes), piecesAtOnce);
        },
        iter: 300);

    /// <summary>Up to the last byte it may have, in pieces of blocks and of records, and in one.</summary>
    [Theory]
    [InlineData(64 * 1024, 4096)]
    [InlineData((64 * 1024) + 1, 4096)]
    [InlineData(100_000, 1000)]
    [InlineData(1024 * 1024, 16_384)]
    [InlineData(1024 * 1024, 1024 * 1024)]
    public async Task Body_OfTheLargestInterface_IsOneRequest(int length, int pieceBytes)
    {
        (byte[] body, string reqId) = Upload(length);
        Assert.Equal(length, body.Length);
        await ExpectUnderstood(reqId, body.Chunk(pieceBytes), piecesAtOnce: 2, code: "C001");
    }

    [Fact]
    public async Task LargeSlots_AllInUse_AreAnsweredWith429_AndServeAgainWhenTheyAreFree()
    {
        var waiting = new List<(Task Call, StallingReader Reader)>();
        (byte[] body, string reqId) = Upload(100_000);
        for (int i = 0; i < SlotPool.LargeSlots; i++)
        {
            var reader = new StallingReader(body, first: 70_000);
            waiting.Add((_endpoint.HandleAsync(Post(body.Length, reader).Context), reader));
        }
        Assert.All(waiting, one => Assert.False(one.Call.IsCompleted));

        byte[][] pieces = [.. body.Chunk(4096)];
        DefaultHttpContext oneTooMany = Post(body.Length, pieces, piecesAtOnce: 1).Context;
        await _endpoint.HandleAsync(oneTooMany);
        Assert.All(pieces[..16], piece => Assert.Equal(-1, piece.AsSpan().IndexOfAnyExcept((byte)0)));
        Assert.Equal((StatusCodes.Status429TooManyRequests, "close"), (oneTooMany.Response.StatusCode, oneTooMany.Response.Headers.Connection.ToString()));
        // An ordinary body needs none of them.
        (byte[] query, string queryId) = Query();
        await ExpectUnderstood(queryId, [query], piecesAtOnce: 1);

        // Half of them come to their end, half of them leave.
        foreach ((Task call, StallingReader reader) in waiting)
        {
            reader.GoOn(isWhole: waiting.IndexOf((call, reader)) % 2 == 0);
            await call;
        }
        for (int i = 0; i < SlotPool.LargeSlots + 1; i++)
        {
            await ExpectUnderstood(reqId, body.Chunk(4096), piecesAtOnce: 3, code: "C001");
        }
    }

    [Fact]
    public async Task Body_ThatEndsBeforeItsLength_IsNoRequest()
    {
        (byte[] body, string _) = Query();
        for (int missing = 1; missing < body.Length; missing += 7)
        {
            (DefaultHttpContext context, Cutting lifetime) = Post(body.Length, body[..^missing].Chunk(50), piecesAtOnce: 2);
            await _endpoint.HandleAsync(context);
            Assert.True(lifetime.IsAborted);
        }
    }

    /// <summary>A face may have been in it: the server's blocks go to other requests next.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_ThatIsCutOff_LeavesNothingInTheServersBlocks(bool isTooSlow)
    {
        byte[][] pieces = [.. Enumerable.Range(0, 9).Select(_ => Enumerable.Repeat((byte)'f', 4096).ToArray())];
        PipeReader reader = new PieceReader(pieces, atOnce: 2, isTooSlow ? new Microsoft.AspNetCore.Http.BadHttpRequestException("slow", StatusCodes.Status408RequestTimeout) : null);
        DefaultHttpContext context = Post(60_000, reader).Context;
        if (isTooSlow)
        {
            await Assert.ThrowsAsync<Microsoft.AspNetCore.Http.BadHttpRequestException>(() => _endpoint.HandleAsync(context));
        }
        else
        {
            await _endpoint.HandleAsync(context);
        }
        Assert.All(pieces, piece => Assert.Equal(-1, piece.AsSpan().IndexOfAnyExcept((byte)0)));
    }

    private static IEnumerable<byte[]> Cut(byte[] body, int[] sizes)
    {
        for (int at = 0, i = 0; at < body.Length; i++)
        {
            int size = Math.Min(sizes[i % sizes.Length], body.Length - at);
            yield return body[at..(at + size)];
            at += size;
        }
    }

    private static (byte[] Body, string ReqId) Query(int padding = 0)
    {
        SignedMessage query = Requests.TradeQuery("A1", TimeProvider.System);
        query["out_trade_no"] = "T-1";
        query["sign_type"] = "ES256";
        query.SignWith(Key);
        return ([.. query.ToJson(), .. Enumerable.Repeat((byte)' ', padding)], query["req_id"]!);
    }

    // Signed, but without the interface's members: understood, and refused for that.
    private static (byte[] Body, string ReqId) Upload(int length)
    {
        SignedMessage upload = Requests.TradeQuery("A1", TimeProvider.System);
        upload["biz_type"] = "RECON_UPLOAD";
        upload["sign_type"] = "ES256";
        upload["diff_list"] = "x";
        upload.SignWith(Key);
        int rest = length - upload.ToJson().Length;
        upload["diff_list"] = "x" + new string('x', rest - 8) + "\"\"\"\"";
        upload.SignWith(Key);
        return (upload.ToJson(), upload["req_id"]!);
    }

    private async Task ExpectUnderstood(string reqId, IEnumerable<byte[]> pieces, int piecesAtOnce, string code = "B006")
    {
        byte[][] all = [.. pieces];
        (DefaultHttpContext context, Cutting _) = Post(all.Sum(piece => piece.Length), all, piecesAtOnce);
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        await _endpoint.HandleAsync(context);
        Assert.Equal(StatusCodes.Status200OK, context.Response.StatusCode);
        SignedMessage read = SignedMessage.Parse(answer.ToArray());
        Assert.Equal((code, reqId), (read["resp_code"], read["req_id"]));
    }

    private static (DefaultHttpContext Context, Cutting Lifetime) Post(int length, IEnumerable<byte[]> pieces, int piecesAtOnce) =>
        Post(length, new PieceReader(pieces, piecesAtOnce));

    private static (DefaultHttpContext Context, Cutting Lifetime) Post(int length, PipeReader reader)
    {
        var context = new DefaultHttpContext();
        var lifetime = new Cutting();
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Features.Set<IRequestBodyPipeFeature>(new PipeFeature(reader));
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = PaymentEndpoint.Path;
        context.Request.Protocol = "HTTP/1.1";
        context.Request.Method = "POST";
        context.Request.ContentType = "application/json";
        context.Request.ContentLength = length;
        return (context, lifetime);
    }

    /// <summary>
    /// A pipe that gives a few more pieces with each read, each a segment of its own, and holds its reader to the rules: nothing is given
    /// twice that was consumed, and a read that examined everything waits for more.
    /// </summary>
    private sealed class PieceReader(IEnumerable<byte[]> pieces, int atOnce, Exception? end = null) : PipeReader
    {
        private readonly Queue<byte[]> _coming = new(pieces);
        private Piece? _first;
        private Piece? _last;
        private bool _isExamined = true;

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            if (_coming.Count % 2 == 1)
            {
                await Task.Yield();
            }
            if (end is not null && _coming.Count == 0)
            {
                throw end;
            }
            Assert.True(_isExamined, "a reader that did not advance reads the same again, for ever");
            for (int i = 0; i < atOnce && _coming.TryDequeue(out byte[]? bytes); i++)
            {
                _last = new Piece(bytes, _last);
                _first ??= _last;
            }
            _isExamined = false;
            ReadOnlySequence<byte> buffer = _first is null ? default : new ReadOnlySequence<byte>(_first, 0, _last!, _last!.Memory.Length);
            return new ReadResult(buffer, isCanceled: false, isCompleted: end is null && _coming.Count == 0);
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            Assert.False(_isExamined, "nothing was read");
            _isExamined = true;
            bool isAll = ReferenceEquals(consumed.GetObject(), _last) && consumed.GetInteger() == _last!.Memory.Length;
            Assert.True(isAll || (ReferenceEquals(consumed.GetObject(), _first) && consumed.GetInteger() == 0));
            if (isAll)
            {
                _first!.Forget();
                (_first, _last) = (null, null);
            }
        }

        public override void CancelPendingRead() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null)
        {
        }

        private sealed class Piece : ReadOnlySequenceSegment<byte>
        {
            internal Piece(byte[] bytes, Piece? before)
            {
                Memory = bytes;
                RunningIndex = before is null ? 0 : before.RunningIndex + before.Memory.Length;
                before?.Next = this;
            }

            /// <summary>What a pipe does with what was consumed: its segments hold other bytes next, and say other lengths.</summary>
            internal void Forget()
            {
                (Next as Piece)?.Forget();
                (Memory, RunningIndex, Next) = (default, 0, null);
            }
        }
    }

    /// <summary>Gives the beginning, and the rest, or an end, when it is told to.</summary>
    private sealed class StallingReader(byte[] body, int first) : PipeReader
    {
        private readonly TaskCompletionSource<bool> _goesOn = new();
        private int _at;
        private int _given;

        internal void GoOn(bool isWhole) => _goesOn.SetResult(isWhole);

        public override bool TryRead(out ReadResult result) => throw new NotSupportedException();

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            bool isWhole = _given == 0 || await _goesOn.Task;
            _given = _given == 0 ? first : isWhole ? body.Length : _given;
            return new ReadResult(new ReadOnlySequence<byte>([.. body.AsSpan(_at, _given - _at)]), isCanceled: false, isCompleted: !isWhole);
        }

        public override void AdvanceTo(SequencePosition consumed) => _at = _given;

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
        }

        public override void CancelPendingRead() => throw new NotSupportedException();

        public override void Complete(Exception? exception = null)
        {
        }
    }

    private sealed class PipeFeature(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader { get; } = reader;
    }

    private sealed class Cutting : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }

    private sealed class EmptyLedger : ILedger
    {
        private long _last;

        public bool IsReady => true;

        public TimeSpan CommitTime => TimeSpan.Zero;

        public Task<string> Failure { get; } = new TaskCompletionSource<string>().Task;

        public TradeNo NextNo() => new(((ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() << TradeNo.CounterBits) + (ulong)Interlocked.Increment(ref _last), 7);

        public ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Trade into) => new(ReqIdState.Free);

        public ValueTask<Claim> ClaimAsync(Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<CompleteState> RecordAsync(OperatorAct act, TimeSpan? atMost = null) => throw new NotSupportedException();

        public void WhenClaimedLate(Action<TradeNo> tell)
        {
        }

        public ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<bool> FindAsync(TradeNo tradeNo, Trade into) => new(false);

        public ValueTask<bool> FindByOrderAsync(InstId instId, ReadOnlyMemory<byte> orderNo, Trade into) => new(false);

        public ValueTask<IReadOnlyList<TradeNo>> PendingAsync() => throw new NotSupportedException();

        public void WhenReservedLate(Action<TradeNo> tell)
        {
        }

        public ValueTask<ReqIdState> RecallRefundAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Refund into) => new(ReqIdState.Free);

        public ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<CompleteState> SettleRefundAsync(Refund refund, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<bool> FindRefundAsync(TradeNo refundId, Refund into) => throw new NotSupportedException();

        public ValueTask<bool> FindRefundByNoAsync(InstId instId, ReadOnlyMemory<byte> refundNo, Refund into) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TradeNo>> PendingRefundsAsync() => throw new NotSupportedException();

        public ICancelBook Cancels => new BrokenCancels(new NotSupportedException());

        public ISurplusBook Surpluses => throw new NotSupportedException();

        public long FeedEnd => throw new NotSupportedException();

        public FeedPosition ReadFeed(in FeedPosition from, long before, IFeedVisitor visitor) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}

/// <summary>The same over a real connection: where a packet ends says nothing about where a request does.</summary>
[Collection(SandboxFixture.Name)]
public sealed class PipelinedRequestTests(SandboxFixture sandbox)
{
    [Fact]
    public async Task TwoRequests_CutAnywhere_AreTwoAnswersInOrder()
    {
        Dictionary<string, string> first = sandbox.Domestic.Query("T-1");
        Dictionary<string, string> second = sandbox.Domestic.Query("T-2");
        byte[] both = [.. TestInstitution.Post(sandbox.Domestic.Sign(first)), .. TestInstitution.Post(sandbox.Domestic.Sign(second))];
        await using SslStream tls = await sandbox.ConnectAsync();
        for (int cut = 1; cut < both.Length; cut += 37)
        {
            await tls.WriteAsync(both.AsMemory(0, cut));
            await tls.FlushAsync();
            await tls.WriteAsync(both.AsMemory(cut));
            await tls.FlushAsync();
            foreach (Dictionary<string, string> asked in new[] { first, second })
            {
                RawAnswer? answer = await SandboxFixture.ReadAnswerAsync(tls);
                Assert.True(answer is { Status: 200 }, $"cut at {cut}: HTTP {answer?.Status} {Encoding.UTF8.GetString(answer?.Body ?? [])}");
                Assert.Equal(asked["req_id"], sandbox.Domestic.Verified(answer!.Body)["req_id"]);
            }
        }
    }
}
