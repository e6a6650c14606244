using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>What comes back: messages out of the stream, each for whoever asked, or for nobody.</summary>
/// <remarks>
/// Only one message at a time is held, of 8 KiB at most, whatever is sent. What is no message ends the connection when nobody knows where the next one would begin; what is a message and is
/// wrong costs whoever asked a doubt, and nobody else anything.
/// </remarks>
internal sealed partial class Connection
{
    private async Task ReceiveAsync()
    {
        var reader = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true));
        bool isTheirs = true;
        string why = "the channel closed it";
        try
        {
            while (true)
            {
                ReadResult read = await reader.ReadAsync();
                ReadOnlySequence<byte> rest = read.Buffer;
                bool isSense = TakeAll(ref rest);
                reader.AdvanceTo(rest.Start, rest.End);
                if (!isSense || read.IsCompleted)
                {
                    isTheirs = isSense;
                    why = isSense ? why : "what came is no message";
                    break;
                }
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The channel's end of it, or ours.
            why = "receiving failed: " + failure.Message;
        }
        End(isTheirs, why);
        await reader.CompleteAsync();
    }

    /// <summary>Takes every whole message; false when what comes is none, so that nobody knows where the next one begins.</summary>
    private bool TakeAll(ref ReadOnlySequence<byte> rest)
    {
        Span<byte> prefix = stackalloc byte[Dialect.PrefixBytes];
        bool tookSome = false;
        while (rest.Length >= Dialect.PrefixBytes)
        {
            rest.Slice(0, Dialect.PrefixBytes).CopyTo(prefix);
            int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
            if (length > ReceivedMessage.MaxBytes)
            {
                _line.Tell(BadAnswer.TooLong, default);
                return false;
            }
            if (rest.Length < Dialect.PrefixBytes + length)
            {
                break;
            }
            if (!Take(rest.Slice(Dialect.PrefixBytes, length)))
            {
                return false;
            }
            tookSome = true;
            rest = rest.Slice(Dialect.PrefixBytes + length);
        }
        if (rest.IsEmpty)
        {
            Volatile.Write(ref _partSince, 0);
        }
        else if (tookSome || _partSince == 0)
        {
            Volatile.Write(ref _partSince, _clock.GetTimestamp());
        }
        return true;
    }

    private bool Take(in ReadOnlySequence<byte> message)
    {
        MessageDefect defect = _received.Read(message);
        bool isSealed = defect == MessageDefect.None && (_options.Mac is { } mac ? mac.IsSealed(_received) : !_received.HasMac);
        if (defect == MessageDefect.None)
        {
            Volatile.Write(ref _heardAt, _clock.GetTimestamp());
        }
        PendingAnswer? pending = null;
        PendingMatch match = PendingMatch.Nobody;
        if (MessageId.TryRead(_received, out MessageId id))
        {
            lock (_gate)
            {
                // The table is the next connection's when this one has ended.
                match = _isEnded ? PendingMatch.Nobody : _pending.Take(id, out pending);
            }
        }
        // One with the number of a message of ours is that message, sent back: no question of theirs, and no answer.
        if (isSealed && _received.Type == Dialect.NetworkManagement && match == PendingMatch.Nobody)
        {
            AnswerManagement();
            return true;
        }
        BadAnswer bad = defect == MessageDefect.Malformed ? BadAnswer.Malformed
            : !isSealed ? BadAnswer.WrongMac
            : match switch { PendingMatch.Twice => BadAnswer.Twice, PendingMatch.Late => BadAnswer.Late, PendingMatch.Nobody => BadAnswer.ToNobody, _ => BadAnswer.None };
        ClearingResult result = ClearingResult.Of(ClearingOutcome.Unknown);
        if (bad == BadAnswer.None)
        {
            bad = Dialect.Judge(_received, pending!.Verb, pending.Reference, out result);
        }
        if (bad != BadAnswer.None)
        {
            _line.Tell(bad, pending?.Reference.TradeNo ?? default);
        }
        else
        {
            Volatile.Write(ref _hasAnswered, true);
        }
        pending?.Complete(result);
        return defect != MessageDefect.Malformed || pending is not null;
    }

    /// <summary>What the channel asks of the connection itself: an echo is answered; sign-on, sign-off and a change of keys, which this dialect does not have, are refused, so that nobody relies on them.</summary>
    private void AnswerManagement()
    {
        bool isEcho = Dialect.IsEcho(_received);
        if (!isEcho)
        {
            _line.Tell(BadAnswer.Unsupported, default);
        }
        lock (_gate)
        {
            if (!_isEnded && _queued - _handed < MostWaitingForEchoes)
            {
                Span<byte> room = _queue.Writer.GetSpan(Dialect.AskBytes);
                Queue(room[..Dialect.AnswerManagement(_received, isEcho, _options.Mac is not null, room)]);
            }
        }
    }
}
