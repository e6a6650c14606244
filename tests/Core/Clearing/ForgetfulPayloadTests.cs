using System.Buffers;
using System.Text;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>A face on its way to a channel: it arrives as it was, and leaves nothing behind in any buffer that it went through.</summary>
public sealed class ForgetfulPayloadTests
{
    private const string Marker = "MARKER-OF-A-FACE";

    // What JSON escapes, what UTF-8 makes of two to four bytes, on every border between the pieces that the encoder writes.
    private static readonly string LongFace = string.Concat(Enumerable.Range(0, 1200).Select(i => $"{Marker}\"\\{i}脸😀é"));

    [Fact]
    public void Face_OfAnyText_IsWrittenAsItIs()
    {
        for (int length = 1; length < 130; length++)
        {
            string face = string.Concat(LongFace.EnumerateRunes().Take(length).Select(rune => rune.ToString()));
            Assert.Equal(face, Encoded(face).GetProperty("face_data").GetString());
        }
        JsonElement order = Encoded(LongFace);
        Assert.Equal(LongFace, order.GetProperty("face_data").GetString());
        Assert.Equal(
            ["reference", "amount_minor", "currency", "inst_id", "trade_type", "terminal_id", "merchant_id", "face_device_id", "face_data"],
            order.EnumerateObject().Select(member => member.Name));
        Assert.Equal("FACEPAY", order.GetProperty("trade_type").GetString());
    }

    /// <summary>Whatever array the encoder borrowed from the shared pool and gave back on this thread, this thread gets next.</summary>
    [Fact]
    public void Encoding_LeavesNothingInTheSharedPool()
    {
        using var encoder = new RequestEncoder();
        var payload = new PayloadBuffer();
        byte[] face = Encoding.UTF8.GetBytes(LongFace);
        // What making the face itself left there: string.Concat borrows from the same pool.
        for (int size = 16; size <= 1 << 20; size *= 2)
        {
            ArrayPool<byte>.Shared.Return(ArrayPool<byte>.Shared.Rent(size), clearArray: true);
            ArrayPool<char>.Shared.Return(ArrayPool<char>.Shared.Rent(size), clearArray: true);
        }

        encoder.Pay(Order(face), payload);
        payload.Clear();

        for (int size = 16; size <= 1 << 20; size *= 2)
        {
            byte[] bytes = ArrayPool<byte>.Shared.Rent(size);
            char[] chars = ArrayPool<char>.Shared.Rent(size);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Marker)) < 0, $"in {size} bytes of the shared pool");
            Assert.True(chars.AsSpan().IndexOf(Marker) < 0, $"in {size} characters of the shared pool");
        }
    }

    [Fact]
    public void PayloadThatHasGrown_LeavesNothingInTheArraysItOutgrew_NorInItsOwn()
    {
        var payload = new PayloadBuffer();
        var seen = new List<Memory<byte>>();
        for (int round = 0; round < 2; round++)
        {
            byte[] face = Encoding.UTF8.GetBytes(LongFace);
            for (int at = 0; at < face.Length; at += 1000)
            {
                ReadOnlySpan<byte> piece = face.AsSpan(at, Math.Min(1000, face.Length - at));
                Memory<byte> room = payload.GetMemory(piece.Length);
                seen.Add(room);
                piece.CopyTo(room.Span);
                payload.Advance(piece.Length);
            }
            Assert.Equal(face, payload.WrittenSpan);
            // Written, but not said to be: as by a writer that threw.
            Encoding.ASCII.GetBytes(Marker, payload.GetSpan(Marker.Length));

            payload.Clear();

            Assert.True(payload.WrittenMemory.IsEmpty);
            Assert.All(seen, memory => Assert.Equal(-1, memory.Span.IndexOfAnyExcept((byte)0)));
        }
    }

    [Fact]
    public async Task Call_HoldsItsFaceUntilItHasEnded_AndNotLonger_ThoughItsRequestWentBefore()
    {
        var adapter = new Keeping();
        Channel channel = Payments.NewChannel(adapter);
        Assert.True(channel.TryTakeCredit());
        ClearingResult result = await channel.PayAsync(Order(Encoding.ASCII.GetBytes(Marker)), TimeSpan.Zero);
        Assert.Equal(ClearingOutcome.Processing, result.Outcome);
        Assert.True(SpinWait.SpinUntil(() => adapter.Sent is not null, TimeSpan.FromSeconds(10)));
        Assert.Contains(Marker, Encoding.UTF8.GetString(adapter.Sent!.Payload.WrittenSpan), StringComparison.Ordinal);
        ReadOnlyMemory<byte> written = adapter.Sent.Payload.WrittenMemory;

        adapter.Answer.SetResult(ClearingResult.Of(ClearingOutcome.Succeeded));

        Assert.True(SpinWait.SpinUntil(() => written.Span.IndexOfAnyExcept((byte)0) < 0, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Call_ThatCouldNotBeEncoded_HoldsNothing()
    {
        var adapter = new Keeping { Breaks = true };
        Channel channel = Payments.NewChannel(adapter);
        Assert.True(channel.TryTakeCredit());
        await channel.PayAsync(Order(Encoding.ASCII.GetBytes(Marker)), TimeSpan.FromSeconds(1));
        Assert.Equal(-1, adapter.Written.Span.IndexOfAnyExcept((byte)0));
    }

    private static PayOrder Order(ReadOnlySpan<byte> face) => new()
    {
        Reference = Payments.NewReference(),
        InstId = InstId.From("CN000001"),
        TradeType = TradeType.FacePay,
        TerminalId = "T01"u8,
        FaceData = face,
        FaceDeviceId = "F01"u8,
        MerchantId = "M01"u8,
    };

    private static JsonElement Encoded(string face)
    {
        using var encoder = new RequestEncoder();
        var payload = new PayloadBuffer();
        encoder.Pay(Order(Encoding.UTF8.GetBytes(face)), payload);
        return JsonDocument.Parse(payload.WrittenSpan.ToArray()).RootElement;
    }

    /// <summary>Encodes as the HTTP adapter does, and answers when it is told to.</summary>
    private sealed class Keeping : IClearingAdapter
    {
        private readonly RequestEncoder _encoder = new();

        internal bool Breaks { get; init; }

        internal ClearingCall? Sent { get; private set; }

        internal ReadOnlyMemory<byte> Written { get; private set; }

        internal TaskCompletionSource<ClearingResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void EncodePay(in PayOrder order, ClearingCall call)
        {
            _encoder.Pay(order, call.Payload);
            Written = call.Payload.WrittenMemory;
            if (Breaks)
            {
                throw new InvalidOperationException("an adapter with a bug");
            }
        }

        public ValueTask<ClearingResult> PayAsync(ClearingCall call)
        {
            Sent = call;
            return new ValueTask<ClearingResult>(Answer.Task);
        }

        public void EncodeRefund(in RefundOrder order, ClearingCall call) => throw new NotSupportedException();

        public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => throw new NotSupportedException();

        public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => throw new NotSupportedException();

        public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            _encoder.Dispose();
            return default;
        }
    }
}
