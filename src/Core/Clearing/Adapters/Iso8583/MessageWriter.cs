using System.Buffers.Binary;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>Writes one message, element by element in rising order, after <see cref="DataElements"/>. Always with both bitmaps.</summary>
/// <remarks>What an element cannot hold is a caller's bug: whoever has values from outside looks at them before (<see cref="DataElement.IsLength"/>).</remarks>
public ref struct MessageWriter
{
    private readonly Span<byte> _into;
    private int _last = 1;

    /// <param name="into">Room for the whole message.</param>
    /// <param name="type">The message type indicator, 0 to 9999.</param>
    public MessageWriter(Span<byte> into, int type)
    {
        _into = into;
        Digits(into[..DataElements.TypeBytes], (ulong)type);
        Bitmaps.Clear();
        Mark(1);
        Length = DataElements.TypeBytes + (2 * DataElements.BitmapBytes);
    }

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    private readonly Span<byte> Bitmaps => _into.Slice(DataElements.TypeBytes, 2 * DataElements.BitmapBytes);

    /// <summary>Adds an element with these bytes.</summary>
    /// <exception cref="ArgumentException">It is not in the table, out of order, or cannot hold this.</exception>
    public void Add(int element, scoped ReadOnlySpan<byte> value)
    {
        if (!DataElements.Row(element).IsContent(value))
        {
            throw new ArgumentException($"element {element} cannot hold this", nameof(value));
        }
        value.CopyTo(Reserve(element, value.Length));
    }

    /// <summary>Adds an element with a number, padded with zeros to the element's length.</summary>
    /// <exception cref="ArgumentException">As <see cref="Add"/>, or the number has more digits than the element.</exception>
    public void AddNumber(int element, ulong number)
    {
        Span<byte> into = Reserve(element, DataElements.Row(element).MaxBytes);
        if (!Digits(into, number))
        {
            throw new ArgumentException($"{number} does not fit into element {element}", nameof(number));
        }
    }

    /// <summary>Adds an element of this length and leaves its bytes to the caller, who keeps to what it may hold.</summary>
    /// <exception cref="ArgumentException">As <see cref="Add"/>.</exception>
    public Span<byte> Reserve(int element, int bytes)
    {
        DataElement row = DataElements.Row(element);
        if (element <= _last || !row.IsLength(bytes))
        {
            throw new ArgumentException($"element {element} after {_last}, {bytes} bytes", nameof(element));
        }
        _last = element;
        Mark(element);
        Digits(_into.Slice(Length, row.LengthDigits), (ulong)bytes);
        Span<byte> value = _into.Slice(Length + row.LengthDigits, bytes);
        Length += row.LengthDigits + bytes;
        return value;
    }

    /// <summary>Writes a number with leading zeros; false when it has more digits.</summary>
    public static bool Digits(Span<byte> into, ulong number)
    {
        for (int i = into.Length - 1; i >= 0; i--)
        {
            (number, ulong digit) = Math.DivRem(number, 10);
            into[i] = (byte)('0' + digit);
        }
        return number == 0;
    }

    private readonly void Mark(int element)
    {
        Span<byte> half = Bitmaps.Slice((element - 1) / 64 * DataElements.BitmapBytes, DataElements.BitmapBytes);
        ulong bits = BinaryPrimitives.ReadUInt64BigEndian(half);
        BinaryPrimitives.WriteUInt64BigEndian(half, bits | (1UL << (63 - ((element - 1) % 64))));
    }
}
