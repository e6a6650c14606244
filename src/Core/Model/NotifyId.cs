using System.Text;

namespace HotPath.Core.Model;

/// <summary>What a notification is about (notify_type). The number is stored: never reuse one.</summary>
public enum NotifyType : byte
{
    None = 0,

    /// <summary>A trade became final.</summary>
    Trade = 1,

    /// <summary>A refund became final.</summary>
    Refund = 2,
}

/// <summary>
/// Names one notification (notify_id): <c>T</c> or <c>R</c> and the 28 digits of the trade_no or refund_id. A trade and a refund become final
/// once, so the number that the book has already names their one notification, over every retry, restart and loss of what the notifier kept.
/// </summary>
/// <param name="Type">Of a trade or of a refund.</param>
/// <param name="Number">trade_no or refund_id.</param>
public readonly record struct NotifyId(NotifyType Type, TradeNo Number)
{
    /// <summary>Characters of every notify_id.</summary>
    public const int TextLength = 1 + TradeNo.TextLength;

    /// <summary>False for <c>default</c>: no notification.</summary>
    public bool IsAssigned => Type != NotifyType.None;

    /// <summary>notify_type on the wire.</summary>
    public ReadOnlySpan<byte> TypeName => Type == NotifyType.Refund ? "REFUND_NOTIFY"u8 : "TRADE_NOTIFY"u8;

    /// <summary>Writes the 29 characters.</summary>
    public int Format(Span<byte> into)
    {
        into[0] = Type == NotifyType.Refund ? (byte)'R' : (byte)'T';
        return 1 + Number.Format(into[1..]);
    }

    /// <summary>Reads 29 characters; <c>default</c> for anything that this gateway does not give.</summary>
    public static NotifyId Parse(ReadOnlySpan<byte> text)
    {
        NotifyType type = text.Length != TextLength ? NotifyType.None : text[0] switch
        {
            (byte)'T' => NotifyType.Trade,
            (byte)'R' => NotifyType.Refund,
            _ => NotifyType.None,
        };
        TradeNo number = type == NotifyType.None ? default : TradeNo.Parse(text[1..]);
        return number.IsAssigned ? new NotifyId(type, number) : default;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[TextLength];
        return Encoding.ASCII.GetString(text[..Format(text)]);
    }
}
