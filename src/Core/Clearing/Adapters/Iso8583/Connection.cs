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
/// ended was certainly never sent, and never will be; all else is in doubt. A call that is given up with its bytes still here, or in a write that has not come back, had a socket that took nothing
/// for its whole time: the connection ends with it, so that nothing is sent after whoever asked was told, and what has been queued is bounded.
/// </remarks>
internal sealed partial class Connection
{
    // Echoes of the channel that are answered while so much waits to be sent; one that asks and never reads is not answered.
    private const int MostWaitingForEchoes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Dialed _dialed;
    private readonly Stream _stream;
    private readonly Line _line;
    private readonly Iso8583Options _options;
    private readonly TimeProvider _clock;
    private readonly PendingTable _pending;
    private readonly Pipe _queue;
    private readonly ReceivedMessage _received = new();

    // Under _gate: bytes ever queued; of these, how many the socket may have seen; and of these, how many it has taken.
    private long _queued;
    private long _handed;
    private long _taken;
    private bool _isEnded;

    private long _heardAt;
    private long _echoedAt;

    // When the answer that is not whole yet began; 0: there is none. Written by the reading loop, read by the clock's thread.
    private long _partSince;
    private bool _hasAnswered;

    /// <param name="dialed">Open, its TLS handshake done.</param>
    /// <param name="line">Told what is wrong with what the channel says, and when it has ended.</param>
    /// <param name="pending">Empty, and this connection's from now on.</param>
    /// <param name="options">Of the adapter.</param>
    /// <param name="scheduler">Where the sending loop runs.</param>
    /// <param name="clock">Whose time limits count.</param>
    internal Connection(Dialed dialed, Line line, PendingTable pending, Iso8583Options options, IScheduler scheduler, TimeProvider clock)
    {
        _dialed = dialed;
        _stream = dialed.Stream;
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

    /// <summary>An answer has come that counts: the channel was there, and did its work.</summary>
    internal bool HasAnswered => Volatile.Read(ref _hasAnswered);

    /// <summary>Why it has ended, for operators; empty while it has not.</summary>
    internal string WhyEnded { get; private set; } = "";

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
        List<PendingAnswer>? left = null;
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }
            if (_taken < _queued && _pending.HasExpired(now, sentFrom: _taken))
            {
                left = Close("it took none of our bytes for a call's whole time");
            }
            else
            {
                _pending.TakeExpired(now, expired);
            }
        }
        if (left is not null)
        {
            _dialed.Abort();
            LetGo(left, isTheirs: false);
            return;
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
            End(isTheirs: false, isStuck ? "an answer that had begun was not whole for a call's whole time" : "nothing was heard on it, not even an echo's answer", isDead: true);
        }
        else if (quiet > _options.EchoInterval && _clock.GetElapsedTime(_echoedAt, now) > _options.EchoInterval)
        {
            _echoedAt = now;
            _line.Echo(this);
        }
    }

    /// <summary>Ends it: what was certainly not sent is NotDelivered, all else in doubt.</summary>
    /// <param name="isTheirs">The channel ended it: whoever waits lost an answer.</param>
    /// <param name="why">For operators.</param>
    /// <param name="isDead">Nothing is heard of the channel: what the system still holds for it is not to arrive some day.</param>
    internal void End(bool isTheirs, string why, bool isDead = false)
    {
        List<PendingAnswer> left;
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }
            left = Close(why);
        }
        if (isDead)
        {
            _dialed.Abort();
        }
        _stream.Dispose();
        LetGo(left, isTheirs);
    }

    // Under _gate. From here on _handed stays as it is.
    private List<PendingAnswer> Close(string why)
    {
        var left = new List<PendingAnswer>();
        _isEnded = true;
        WhyEnded = why;
        _pending.TakeAll(left);
        _queue.Writer.Complete();
        // Here, so that nobody finds it ended and its line not yet at work on the next one.
        _line.Ended(this);
        return left;
    }

    private void LetGo(List<PendingAnswer> left, bool isTheirs)
    {
        foreach (PendingAnswer pending in left)
        {
            bool isSent = pending.SentFrom < _handed;
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
            bool goesOn = true;
            while (goesOn)
            {
                ReadResult read = await queue.ReadAsync();
                goesOn = !read.IsCompleted;
                // In the pieces in which the pipe has it, each of whole messages: what waits behind one is not in doubt for it.
                foreach (ReadOnlyMemory<byte> piece in read.Buffer)
                {
                    goesOn = MayHandOver(piece.Length);
                    if (!goesOn)
                    {
                        break;
                    }
                    await _stream.WriteAsync(piece);
                    Took(piece.Length);
                }
                queue.AdvanceTo(read.Buffer.End);
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            End(isTheirs: true, "sending failed: " + failure.Message);
        }
        await queue.CompleteAsync();
    }

    private bool MayHandOver(int bytes)
    {
        lock (_gate)
        {
            _handed += _isEnded ? 0 : bytes;
            return !_isEnded;
        }
    }

    private void Took(int bytes)
    {
        lock (_gate)
        {
            _taken += bytes;
        }
    }
}
