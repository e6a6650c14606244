using System.IO.Pipelines;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>
/// One connection that is open, with everything that is under way on it. Messages are queued in a pipe and sent by one loop, in the order in which they came, as many at a time as there
/// are; another loop reads answers and finds whom they are for.
/// </summary>
/// <remarks>
/// Certainty: under the lock the sending loop says how far it is about to hand bytes to the socket, and under the lock the connection ends. What was queued behind that place when it
/// ended was certainly never sent, and never will be; all else is in doubt.
/// </remarks>
internal sealed partial class Connection
{
    // Echoes of the channel that are answered while so much waits to be sent; one that asks and never reads is not answered.
    private const int MostWaitingForEchoes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly Line _line;
    private readonly Iso8583Options _options;
    private readonly TimeProvider _clock;
    private readonly PendingTable _pending;
    private readonly Pipe _queue;
    private readonly ReceivedMessage _received = new();

    // Under _gate: bytes ever queued, and of these, how many the socket may have seen.
    private long _queued;
    private long _handed;
    private bool _isEnded;

    private long _heardAt;
    private long _echoedAt;

    // When the answer that is not whole yet began; 0: there is none. Written by the reading loop, read by the clock's thread.
    private long _partSince;
    private bool _hasHeard;

    /// <param name="stream">Open, its TLS handshake done.</param>
    /// <param name="line">Told what is wrong with what the channel says, and when it has ended.</param>
    /// <param name="pending">Empty, and this connection's from now on.</param>
    /// <param name="options">Of the adapter.</param>
    /// <param name="scheduler">Where the sending loop runs.</param>
    /// <param name="clock">Whose time limits count.</param>
    internal Connection(Stream stream, Line line, PendingTable pending, Iso8583Options options, IScheduler scheduler, TimeProvider clock)
    {
        _stream = stream;
        _line = line;
        _pending = pending;
        _options = options;
        _clock = clock;
        // No pause: what is queued is bounded by the table, and whoever queues never waits.
        _queue = new Pipe(new PipeOptions(
            readerScheduler: new PostedPipeScheduler(scheduler), pauseWriterThreshold: 0, minimumSegmentSize: 16 * 1024, useSynchronizationContext: false));
        _heardAt = _echoedAt = clock.GetTimestamp();
    }

    /// <summary>Calls under way.</summary>
    internal int Load => _pending.Count;

    /// <summary>A whole message has come.</summary>
    internal bool HasHeard => Volatile.Read(ref _hasHeard);

    internal void Start()
    {
        _ = SendAsync();
        _ = ReceiveAsync();
    }

    /// <summary>Queues a message; false when the connection has ended or is full, and then it certainly is not sent.</summary>
    internal bool TrySend(PendingAnswer pending, ReadOnlySpan<byte> frame, long retrievalReference)
    {
        lock (_gate)
        {
            if (_isEnded || !_pending.TryAdd(pending, MessageId.TimeOf(_clock.GetUtcNow()), retrievalReference))
            {
                return false;
            }
            pending.SentFrom = _queued;
            Span<byte> into = _queue.Writer.GetSpan(frame.Length)[..frame.Length];
            frame.CopyTo(into);
            pending.Id.WriteTo(into[Dialect.PrefixBytes..]);
            Queue(into);
            return true;
        }
    }

    /// <summary>Gives up whose time is over, sends an echo when it has been quiet, and ends the connection when it is dead.</summary>
    /// <param name="expired">Empty, before and after: the caller's, to make none for each look.</param>
    internal void Tick(List<PendingAnswer> expired)
    {
        long now = _clock.GetTimestamp();
        long partSince = Volatile.Read(ref _partSince);
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }
            _pending.TakeExpired(now, expired);
        }
        foreach (PendingAnswer pending in expired)
        {
            if (partSince != 0)
            {
                _line.Tell(BadAnswer.TooSlow, pending.Reference.TradeNo);
            }
            pending.Complete(ClearingResult.Of(ClearingOutcome.Unknown));
        }
        expired.Clear();
        TimeSpan quiet = _clock.GetElapsedTime(Volatile.Read(ref _heardAt), now);
        bool isStuck = partSince != 0 && _clock.GetElapsedTime(partSince, now) > _options.Deadline;
        if (isStuck || quiet > 2 * _options.EchoInterval)
        {
            End(isTheirs: false);
        }
        else if (quiet > _options.EchoInterval && _clock.GetElapsedTime(_echoedAt, now) > _options.EchoInterval)
        {
            _echoedAt = now;
            _line.Echo(this);
        }
    }

    /// <summary>Ends it: what was certainly not sent is NotDelivered, all else in doubt.</summary>
    /// <param name="isTheirs">The channel ended it: whoever waits lost an answer.</param>
    internal void End(bool isTheirs)
    {
        var left = new List<PendingAnswer>();
        long handed;
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }
            _isEnded = true;
            handed = _handed;
            _pending.TakeAll(left);
            _queue.Writer.Complete();
            // Here, so that nobody finds it ended and its line not yet at work on the next one.
            _line.Ended(this);
        }
        _stream.Dispose();
        foreach (PendingAnswer pending in left)
        {
            bool isSent = pending.SentFrom < handed;
            if (isSent && isTheirs)
            {
                _line.Tell(BadAnswer.CutShort, pending.Reference.TradeNo);
            }
            pending.Complete(ClearingResult.Of(isSent ? ClearingOutcome.Unknown : ClearingOutcome.NotDelivered));
        }
    }

    // Under _gate.
    private void Queue(Span<byte> frame)
    {
        _options.Mac?.Seal(frame[Dialect.PrefixBytes..]);
        _queue.Writer.Advance(frame.Length);
        _queued += frame.Length;
        // Wakes the sending loop, and waits for nothing: there is no threshold.
#pragma warning disable CA2012
        _ = _queue.Writer.FlushAsync().GetAwaiter().GetResult();
#pragma warning restore CA2012
    }

    private async Task SendAsync()
    {
        PipeReader queue = _queue.Reader;
        try
        {
            while (true)
            {
                ReadResult read = await queue.ReadAsync();
                if (!MayHandOver(read.Buffer.Length))
                {
                    break;
                }
                foreach (ReadOnlyMemory<byte> piece in read.Buffer)
                {
                    await _stream.WriteAsync(piece);
                }
                queue.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            End(isTheirs: true);
        }
        await queue.CompleteAsync();
    }

    private bool MayHandOver(long bytes)
    {
        lock (_gate)
        {
            _handed += _isEnded ? 0 : bytes;
            return !_isEnded;
        }
    }
}
