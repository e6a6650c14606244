using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>What is certain when a connection ends: what it was never handed was never sent, and is not sent afterwards either.</summary>
public sealed class ConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly Iso8583Options Options = new() { Host = "127.0.0.1", Port = 1, Connections = 1 };

    [Fact]
    public async Task WhatWasQueuedBehindAStuckSocket_IsNotDelivered_AndNeverSent_WhatTheSocketHadIsInDoubt()
    {
        await using var adapter = new Iso8583ClearingAdapter(Options, ThreadScheduler.Instance, TimeProvider.System);
        await using Line line = Begin(adapter, TimeProvider.System);
        (StuckStream socket, Connection connection) = Connect(line, TimeProvider.System);

        (Task<ClearingResult> handed, byte[] first) = Send(connection, 1);
        await socket.Writing.Task.WaitAsync(Patience);
        (Task<ClearingResult> queued, _) = Send(connection, 2);
        connection.End(isTheirs: true, "a test");

        Assert.Equal(ClearingOutcome.Unknown, (await handed.WaitAsync(Patience)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await queued.WaitAsync(Patience)).Outcome);
        // The socket comes loose, too late for what waited behind it.
        socket.Loosen();
        await Task.Delay(50);
        Assert.Equal(first.Length, socket.Taken);
        Assert.False(connection.TrySend(NewPending(), first, 3));
    }

    /// <summary>A payment that is given up at 15 s and written at 40 s would come after its own reversal.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task SocketThatTakesNothingForAWholeDeadline_EndsItsConnection_AndNothingIsSentLate(int calls)
    {
        var clock = new FakeTimeProvider();
        await using var adapter = new Iso8583ClearingAdapter(Options, ThreadScheduler.Instance, clock, _ => throw new IOException());
        await using Line line = Begin(adapter, clock);
        (StuckStream socket, Connection connection) = Connect(line, clock);
        long deadlineAt = clock.GetTimestamp() + (long)(Options.Deadline.TotalSeconds * clock.TimestampFrequency);
        (Task<ClearingResult> handed, byte[] first) = Send(connection, 1, deadlineAt);
        await socket.Writing.Task.WaitAsync(Patience);
        Task<ClearingResult>[] queued = [.. Enumerable.Range(2, calls - 1).Select(number => Send(connection, number, deadlineAt).Result)];

        clock.Advance(Options.Deadline - TimeSpan.FromMilliseconds(1));
        connection.Tick([]);
        Assert.False(handed.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        connection.Tick([]);

        Assert.Equal(ClearingOutcome.Unknown, (await handed.WaitAsync(Patience)).Outcome);
        Assert.All(await Task.WhenAll(queued).WaitAsync(Patience), result => Assert.Equal(ClearingOutcome.NotDelivered, result.Outcome));
        Assert.True(socket.IsDisposed);
        socket.Loosen();
        await Task.Delay(50);
        Assert.Equal(first.Length, socket.Taken);
    }

    /// <summary>The socket took it, and the channel is silent: that is one call's doubt, and no reason to take the connection from the others.</summary>
    [Fact]
    public async Task SilenceAfterTheSocketTookIt_EndsTheCall_AndNotTheConnection()
    {
        var clock = new FakeTimeProvider();
        await using var adapter = new Iso8583ClearingAdapter(Options, ThreadScheduler.Instance, clock, _ => throw new IOException());
        await using Line line = Begin(adapter, clock);
        (StuckStream socket, Connection connection) = Connect(line, clock);
        (Task<ClearingResult> silent, byte[] frame) = Send(connection, 1, clock.GetTimestamp() + clock.TimestampFrequency);
        await socket.Writing.Task.WaitAsync(Patience);
        socket.Loosen(endsReading: false);
        (Task<ClearingResult> other, _) = Send(connection, 2);
        while (socket.Taken < 2 * frame.Length)
        {
            await Task.Delay(1);
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        connection.Tick([]);

        Assert.Equal(ClearingOutcome.Unknown, (await silent.WaitAsync(Patience)).Outcome);
        Assert.False(other.IsCompleted || socket.IsDisposed);
        connection.End(isTheirs: false, "a test");
        await other.WaitAsync(Patience);
    }

    // A line that never began would not end.
    private static Line Begin(Iso8583ClearingAdapter adapter, TimeProvider clock)
    {
        var line = new Line(0, adapter, Options, _ => throw new IOException(), ThreadScheduler.Instance, clock);
        line.Start();
        return line;
    }

    private static (StuckStream Socket, Connection Connection) Connect(Line line, TimeProvider clock)
    {
        var socket = new StuckStream();
        var connection = new Connection(new Dialed(socket), line, new PendingTable(16), Options, ThreadScheduler.Instance, clock);
        connection.Start();
        return (socket, connection);
    }

    private static (Task<ClearingResult> Result, byte[] Frame) Send(Connection connection, long number, long deadlineAt = long.MaxValue)
    {
        PendingAnswer pending = NewPending(deadlineAt);
        byte[] room = new byte[512];
        byte[] frame = room[..Dialect.Ask(ClearingVerb.Reverse, Payments.NewReference(), hasMac: false, room)];
        Assert.True(connection.TrySend(pending, frame, number));
        return (pending.Result.AsTask(), frame);
    }

    private static PendingAnswer NewPending(long deadlineAt = long.MaxValue)
    {
        var pending = new PendingAnswer(ThreadScheduler.Instance, _ => { });
        pending.Begin(ClearingVerb.Reverse, Payments.NewReference(), deadlineAt);
        return pending;
    }

    /// <summary>A socket whose first write hangs until it is loosened, and that never has anything to read.</summary>
    private sealed class StuckStream : Stream
    {
        private readonly TaskCompletionSource _loose = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _taken;

        internal TaskCompletionSource Writing { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int Taken => Volatile.Read(ref _taken);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        internal bool IsDisposed { get; private set; }

        internal void Loosen(bool endsReading = true)
        {
            _loose.SetResult();
            if (endsReading)
            {
                _end.SetResult();
            }
        }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Add(ref _taken, buffer.Length);
            Writing.TrySetResult();
            await _loose.Task;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _end.Task;
            return 0;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
