using System.Buffers.Text;
using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>An institution's trades whose numbers were given in a stretch of time, all of them or those of one state.</summary>
/// <param name="InstId">Whose.</param>
/// <param name="FromMs">The first millisecond, Unix.</param>
/// <param name="BeforeMs">The first millisecond behind it; at most 24 hours and a second later, so that it touches two days at most.</param>
/// <param name="Status">Only those; null: all.</param>
internal readonly record struct TradeWindow(InstId InstId, long FromMs, long BeforeMs, TradeStatus? Status)
{
    internal NumberRange Range => NumberRange.Of(FromMs, BeforeMs);

    internal long FirstDay => BeijingTime.DayNumber(FromMs);

    internal long LastDay => BeijingTime.DayNumber(BeforeMs - 1);

    /// <summary>In which files they are; None: PENDING ones are in memory.</summary>
    internal DayFileKind Kind => Status switch
    {
        null => DayFileKind.Accepted,
        TradeStatus.Success => DayFileKind.Succeeded,
        TradeStatus.Failed => DayFileKind.Failed,
        TradeStatus.Cancelled => DayFileKind.Cancelled,
        _ => DayFileKind.None,
    };
}

/// <summary>How many rows a page has, of how many.</summary>
internal readonly record struct WindowPage(long TotalCount, int Count);

/// <summary>
/// How far a window's files went when its first page was read (snapshot_no). Files only grow, so that is all there is to remember, and it stays true after
/// a restart. It says nothing of anybody else's trades.
/// </summary>
/// <param name="Kind">Which files.</param>
/// <param name="FirstDay">The window's first day, from 1970-01-01.</param>
/// <param name="OfFirst">Numbers in that day's file.</param>
/// <param name="OfLast">Numbers in the next day's file, where the window goes on into it.</param>
internal readonly record struct WindowSnapshot(DayFileKind Kind, long FirstDay, long OfFirst, long OfLast)
{
    /// <summary>Digits of snapshot_no: kind, day, and the two counts.</summary>
    internal const int TextLength = 1 + BeijingTime.DayLength + (2 * CountLength);

    private const int CountLength = 10;

    /// <summary>Writes the 29 digits.</summary>
    internal void Format(Span<byte> into)
    {
        into[0] = (byte)('0' + (int)Kind);
        BeijingTime.FormatDay(FirstDay, into[1..]);
        Utf8Formatter.TryFormat(OfFirst, into[(1 + BeijingTime.DayLength)..], out _, new('D', CountLength));
        Utf8Formatter.TryFormat(OfLast, into[(1 + BeijingTime.DayLength + CountLength)..], out _, new('D', CountLength));
    }

    /// <summary>True when <paramref name="text"/>, 29 digits, is a snapshot of the same window at the time of <paramref name="now"/> or before.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, WindowSnapshot now, out WindowSnapshot snapshot)
    {
        Span<byte> head = stackalloc byte[TextLength];
        now.Format(head);
        _ = Utf8Parser.TryParse(text.Slice(1 + BeijingTime.DayLength, CountLength), out long ofFirst, out _);
        _ = Utf8Parser.TryParse(text[(1 + BeijingTime.DayLength + CountLength)..], out long ofLast, out _);
        snapshot = now with { OfFirst = ofFirst, OfLast = ofLast };
        return text[..(1 + BeijingTime.DayLength)].SequenceEqual(head[..(1 + BeijingTime.DayLength)]) && ofFirst <= now.OfFirst && ofLast <= now.OfLast;
    }
}
