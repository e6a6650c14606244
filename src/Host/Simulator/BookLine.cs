using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Host.Simulator;

/// <summary>What a line of the books tells. The names are in the file.</summary>
internal enum BookEvent
{
    /// <summary>A payment request came, for the first time or again.</summary>
    Pay = 0,

    /// <summary>A refund request came, for the first time or again.</summary>
    Refund,

    /// <summary>A reversal request came.</summary>
    Reverse,

    /// <summary>SUCCESS is about to be told for the first time by an inquiry: from here on no reversal.</summary>
    Final,
}

/// <summary>One line of <c>books.jsonl</c>; docs/channel-contract.md describes its members.</summary>
internal struct BookLine
{
    internal BookEvent Event;
    internal long AtMs;
    internal ClearingReference Reference;

    /// <summary>What the books say at this moment, or, for a new payment or refund, will say at <see cref="DueAtMs"/>.</summary>
    internal BookResult Result;

    /// <summary>Money has moved, or will at <see cref="DueAtMs"/>, as far as this line knows: a reference's last line is the truth.</summary>
    internal bool IsExecuted;

    /// <summary>The same was asked for before.</summary>
    internal bool IsDuplicate;
    internal long DueAtMs;

    /// <summary>Why the guard declined a refund; null otherwise.</summary>
    internal string? DeclineCode;

    internal static ReadOnlySpan<byte> NameOf(BookResult result) => result switch
    {
        BookResult.Pending => "PENDING"u8,
        BookResult.Success => "SUCCESS"u8,
        BookResult.Failed => "FAILED"u8,
        BookResult.Reversed => "REVERSED"u8,
        BookResult.OtherContent => "OTHER_CONTENT"u8,
        _ => "NOT_FOUND"u8,
    };

    private static ReadOnlySpan<byte> NameOf(BookEvent what) => what switch
    {
        BookEvent.Pay => "pay"u8,
        BookEvent.Refund => "refund"u8,
        BookEvent.Reverse => "reverse"u8,
        _ => "final"u8,
    };

    // An event of a later version is not to be taken for another one.
    private static BookEvent EventOf(ref Utf8JsonReader reader)
    {
        for (BookEvent what = BookEvent.Pay; what <= BookEvent.Final; what++)
        {
            if (reader.ValueTextEquals(NameOf(what)))
            {
                return what;
            }
        }
        throw new FormatException("no event of the books");
    }

    private static BookResult ResultOf(ref Utf8JsonReader reader)
    {
        for (BookResult result = BookResult.OtherContent; result > BookResult.NotFound; result--)
        {
            if (reader.ValueTextEquals(NameOf(result)))
            {
                return result;
            }
        }
        return BookResult.NotFound;
    }

    internal static void WriteReference(Utf8JsonWriter json, in ClearingReference reference)
    {
        Span<byte> text = stackalloc byte[TradeNo.TextLength];
        json.WriteString("reference"u8, text[..reference.TradeNo.Format(text)]);
        if (reference.IsRefund)
        {
            json.WriteString("original_reference"u8, text[..reference.Original.Format(text)]);
        }
        Utf8Formatter.TryFormat(reference.Amount.MinorUnits, text, out int length);
        json.WriteString("amount_minor"u8, text[..length]);
        json.WriteString("currency"u8, text[..reference.Currency.Format(text)]);
    }

    internal readonly void Write(Utf8JsonWriter json, IBufferWriter<byte> into)
    {
        json.Reset(into);
        json.WriteStartObject();
        json.WriteString("event"u8, NameOf(Event));
        json.WriteNumber("at_ms"u8, AtMs);
        WriteReference(json, Reference);
        json.WriteString("result"u8, NameOf(Result));
        json.WriteBoolean("executed"u8, IsExecuted);
        json.WriteBoolean("duplicate"u8, IsDuplicate);
        json.WriteNumber("due_ms"u8, DueAtMs);
        if (DeclineCode is not null)
        {
            json.WriteString("decline_code"u8, DeclineCode);
        }
        json.WriteEndObject();
        json.Flush();
        into.GetSpan(1)[0] = (byte)'\n';
        into.Advance(1);
    }

    /// <summary>Reads a whole line without its end; false when it is not one of ours.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> text, out BookLine line)
    {
        line = default;
        var reader = new Utf8JsonReader(text);
        try
        {
            var reference = default(ReferenceReader);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!reference.TryTake(ref reader))
                {
                    line.Take(ref reader);
                }
            }
            return reference.TryGet(out line.Reference);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private void Take(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("event"u8))
        {
            reader.Read();
            Event = EventOf(ref reader);
        }
        else if (reader.ValueTextEquals("at_ms"u8))
        {
            reader.Read();
            AtMs = reader.GetInt64();
        }
        else if (reader.ValueTextEquals("due_ms"u8))
        {
            reader.Read();
            DueAtMs = reader.GetInt64();
        }
        else if (reader.ValueTextEquals("duplicate"u8))
        {
            reader.Read();
            IsDuplicate = reader.GetBoolean();
        }
        else if (reader.ValueTextEquals("decline_code"u8))
        {
            reader.Read();
            // The two there are: one text each, however many refunds.
            DeclineCode = reader.ValueTextEquals(Refunds.Exceeded) ? Refunds.Exceeded
                : reader.ValueTextEquals(Refunds.NotExecuted) ? Refunds.NotExecuted
                : throw new FormatException("no decline of the books");
        }
        else if (reader.ValueTextEquals("result"u8))
        {
            reader.Read();
            Result = ResultOf(ref reader);
        }
        else
        {
            reader.Skip();
        }
    }
}
