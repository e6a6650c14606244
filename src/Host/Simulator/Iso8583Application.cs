using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Model;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Host.Simulator;

/// <summary>The requests of the channel contract in its ISO 8583 dialect, over the same books and with the same outcomes as by HTTP.</summary>
internal sealed class Iso8583Application(Books books, ClearingDesk desk, MessageMac? mac, CancellationToken stopping)
{
    private static readonly int[] Repeated =
    [
        Dialect.ProcessingCode, Dialect.AmountMinor, Dialect.SentAt, Dialect.Stan, Dialect.LocalTime, Dialect.LocalDate, Dialect.RetrievalReference, Dialect.ResponseCode,
        Dialect.CurrencyNumber, Dialect.Reference, Dialect.OriginalReference, Dialect.ChannelTradeNo, Dialect.ManagementCode,
    ];

    private static readonly Dictionary<long, Currency> Currencies = Currency.All.ToDictionary(currency => (long)currency.NumericCode);

    private readonly ObjectPool<ReceivedMessage> _messages = new DefaultObjectPool<ReceivedMessage>(new DefaultPooledObjectPolicy<ReceivedMessage>(), 4096);

    /// <summary>Answers one connection until it ends; each message by itself, in the order in which they are due.</summary>
    internal async Task ServeAsync(ConnectionContext connection)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, stopping);
        using var writing = new SemaphoreSlim(1);
        var underWay = new Work();
        try
        {
            while (true)
            {
                ReadResult read = await connection.Transport.Input.ReadAsync(ended.Token);
                ReadOnlySequence<byte> rest = read.Buffer;
                while (TryTake(ref rest, out ReadOnlySequence<byte> frame))
                {
                    ReceivedMessage message = _messages.Get();
                    // What is no message of ours ends the connection: nobody knows where the next one begins.
                    if (message.Read(frame) != MessageDefect.None)
                    {
                        return;
                    }
                    underWay.Add(AnswerAsync(message, connection.Transport.Output, writing, ended.Token));
                }
                connection.Transport.Input.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or ConnectionResetException)
        {
            // The caller left, or the simulator stops: a channel that goes away says nothing.
        }
        finally
        {
            await ended.CancelAsync();
            await underWay.EndedAsync();
            connection.Abort();
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> rest, out ReadOnlySequence<byte> frame)
    {
        Span<byte> prefix = stackalloc byte[Dialect.PrefixBytes];
        frame = default;
        if (rest.Length < Dialect.PrefixBytes)
        {
            return false;
        }
        rest.Slice(0, Dialect.PrefixBytes).CopyTo(prefix);
        int length = BinaryPrimitives.ReadUInt16BigEndian(prefix);
        if (rest.Length < Dialect.PrefixBytes + length)
        {
            return false;
        }
        frame = rest.Slice(Dialect.PrefixBytes, length);
        rest = rest.Slice(Dialect.PrefixBytes + length);
        return true;
    }

    private async Task AnswerAsync(ReceivedMessage asked, PipeWriter output, SemaphoreSlim writing, CancellationToken ended)
    {
        await Task.Yield();
        try
        {
            (string Code, TradeNo Number)? answer = await DecideAsync(asked, ended);
            if (answer is { } said)
            {
                await writing.WaitAsync(ended);
                try
                {
                    Write(asked, said.Code, said.Number, output);
                    await output.FlushAsync(ended);
                }
                finally
                {
                    writing.Release();
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // Nobody is there any more, or the books cannot be written: no answer is the honest one.
        }
        finally
        {
            _messages.Return(asked);
        }
    }

    /// <summary>The response code and, of a success, whose number; null: no answer.</summary>
    private async Task<(string Code, TradeNo Number)?> DecideAsync(ReceivedMessage asked, CancellationToken ended)
    {
        if (mac is not null && !mac.IsSealed(asked))
        {
            return ("63", default);
        }
        if (asked.Type == Dialect.NetworkManagement)
        {
            return ("00", default);
        }
        if (Read(asked) is not { } reference)
        {
            return ("30", default);
        }
        bool saysRefund = asked.TryNumber(Dialect.ProcessingCode, out long code) && code is (long)Dialect.RefundCode or (long)Dialect.RefundInquiryCode;
        // Money out or money back is said twice, by the processing code and by the payment named: what disagrees is no request.
        if (saysRefund != reference.IsRefund)
        {
            return ("30", default);
        }
        switch (asked.Type)
        {
            case Dialect.Financial:
                return await desk.MoveAsync(reference, ended) switch
                {
                    PayAnswer.ServerError => ("96", default),
                    PayAnswer.None => null,
                    _ => await TellAsync(books.Tell(reference), "00", "17"),
                };
            case Dialect.Inquiry:
                return await TellAsync(books.Tell(reference), "00", "17");
            case Dialect.Reversal:
                return await TellAsync(books.Reverse(reference), "21", "00");
            default:
                return ("30", default);
        }
    }

    private static async Task<(string Code, TradeNo Number)?> TellAsync(BookAnswer answer, string success, string reversed)
    {
        await answer.Written;
        return answer.Result switch
        {
            BookResult.Success => (success, answer.Reference.TradeNo),
            BookResult.Reversed => (reversed, default),
            BookResult.Pending => ("09", default),
            BookResult.NotFound => ("25", default),
            BookResult.OtherContent => ("94", default),
            _ => (CodeOf(answer.DeclineCode), default),
        };
    }

    private static string CodeOf(string declineCode) => declineCode switch
    {
        "INSUFFICIENT_BALANCE" => "51",
        "LIMIT_EXCEEDED" => "61",
        Refunds.Exceeded => "13",
        Refunds.NotExecuted => "12",
        _ => "62",
    };

    private static ClearingReference? Read(ReceivedMessage asked)
    {
        TradeNo number = TradeNo.Parse(asked[Dialect.Reference]);
        TradeNo original = TradeNo.Parse(asked[Dialect.OriginalReference]);
        bool isNamed = number.IsAssigned && original.IsAssigned == asked.Has(Dialect.OriginalReference) && original != number;
        return isNamed && asked.TryNumber(Dialect.AmountMinor, out long amount) && amount > 0 &&
            asked.TryNumber(Dialect.CurrencyNumber, out long currency) && Currencies.TryGetValue(currency, out Currency known)
            ? new ClearingReference(number, new Amount(amount), known, original)
            : null;
    }

    private void Write(ReceivedMessage asked, string code, TradeNo number, PipeWriter output)
    {
        Span<byte> room = output.GetSpan(1024);
        var writer = new MessageWriter(room[Dialect.PrefixBytes..], asked.Type + Dialect.AnswerStep);
        Span<byte> text = stackalloc byte[3 + TradeNo.TextLength];
        foreach (int element in Repeated)
        {
            if (element == Dialect.ResponseCode)
            {
                writer.Add(element, [(byte)code[0], (byte)code[1]]);
            }
            else if (element == Dialect.ChannelTradeNo && number.IsAssigned)
            {
                "SIM"u8.CopyTo(text);
                number.Format(text[3..]);
                writer.Add(element, text);
            }
            else if (element != Dialect.ChannelTradeNo && asked.Has(element))
            {
                writer.Add(element, asked[element]);
            }
        }
        if (mac is not null)
        {
            writer.Reserve(Dialect.Mac, MessageMac.Bytes).Clear();
            mac.Seal(room.Slice(Dialect.PrefixBytes, writer.Length));
        }
        BinaryPrimitives.WriteUInt16BigEndian(room, (ushort)writer.Length);
        output.Advance(Dialect.PrefixBytes + writer.Length);
    }

    /// <summary>What a connection's answers are waited for by when it ends.</summary>
    private sealed class Work
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count = 1;

        internal void Add(Task one)
        {
            Interlocked.Increment(ref _count);
            one.ContinueWith(_ => End(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        internal Task EndedAsync()
        {
            End();
            return _ended.Task;
        }

        private void End()
        {
            if (Interlocked.Decrement(ref _count) == 0)
            {
                _ended.SetResult();
            }
        }
    }
}
