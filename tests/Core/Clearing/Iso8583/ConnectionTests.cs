using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>What is certain when a connection ends: what it was never handed was never sent, and is not sent afterwards either.</summary>
public sealed class ConnectionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task WhatWasQueuedBehindAStuckSocket_IsNotDelivered_AndNeverSent_WhatTheSocketHadIsInDoubt()
    {
        var options = new Iso8583Options { Host = "127.0.0.1", Port = 1, Connections = 1 };
        await using var adapter = new Iso8583ClearingAdapter(options, ThreadScheduler.Instance, TimeProvider.System);
        await using var line = new Line(adapter, options, ThreadScheduler.Instance, TimeProvider.System);
        var socket = new StuckStream();
        var connection = new Connection(socket, line, new PendingTable(16), options, ThreadScheduler.Instance, TimeProvider.System);
        connection.Start();

        (Task<ClearingResult> handed, byte[] first) = Send(connection, 1);
        await socket.Writing.Task.WaitAsync(Patience);
        (Task<ClearingResult> queued, _) = Send(connection, 2);
        connection.End(isTheirs: true);

        Assert.Equal(ClearingOutcome.Unknown, (await handed.WaitAsync(Patience)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await queued.WaitAsync(Patience)).Outcome);
        // The socket comes loose, too late for what waited behind it.
        socket.Loosen();
        await Task.Delay(50);
        Assert.Equal(first.Length, socket.Taken);
        Assert.False(connection.TrySend(NewPending(), first, 3));
        // A line that never began would not end.
        line.Start();
    }

    private static (Task<ClearingResult> Result, byte[] Frame) Send(Connection connection, long number)
    {
        PendingAnswer pending = NewPending();
        byte[] room = new byte[512];
        byte[] frame = room[..Dialect.Ask(ClearingVerb.Reverse, Payments.NewReference(), hasMac: false, room)];
        Assert.True(connection.TrySend(pending, frame, number));
        return (pending.Result.AsTask(), frame);
    }

    private static PendingAnswer NewPending()
    {
        var pending = new PendingAnswer(ThreadScheduler.Instance, _ => { });
        pending.Begin(ClearingVerb.Reverse, Payments.NewReference(), deadlineAt: long.MaxValue);
        return pending;
    }

    /// <summary>A socket whose first write hangs until it is loosened, and that never has anything to read.</summary>
    private sealed class StuckStream : Stream
    {
        private readonly TaskCompletionSource _loose = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

        internal void Loosen() => _loose.SetResult();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Add(ref _taken, buffer.Length);
            Writing.TrySetResult();
            await _loose.Task;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await _loose.Task;
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
