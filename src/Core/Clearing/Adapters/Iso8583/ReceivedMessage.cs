using System.Buffers;
using System.Buffers.Binary;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>What kept bytes from being a message.</summary>
public enum MessageDefect : byte
{
    None = 0,

    /// <summary>No message of this dialect: a bitmap with unknown elements, a length or a content that cannot be, bytes too few or too many.</summary>
    Malformed,

    /// <summary>All is well up to the message authentication code, of which there are not eight bytes.</summary>
    MacLength,
}

/// <summary>A message as it came. One owner, used again for the next: its bytes and where each element lies. Nothing is believed, nothing throws.</summary>
public sealed class ReceivedMessage
{
    /// <summary>Longest message, in bytes. A payment with every member at its longest has 3.6 KB; its answer may repeat all of it.</summary>
    public const int MaxBytes = 8192;

    private readonly byte[] _bytes = new byte[MaxBytes];
    private readonly ushort[] _starts = new ushort[DataElements.Last + 1];
    private readonly ushort[] _lengths = new ushort[DataElements.Last + 1];
    private int _length;
    private int _macElement;
    private UInt128 _present;

    /// <summary>The message type indicator, 0 to 9999.</summary>
    public int Type { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>The element's value; empty when it is not there.</summary>
    public ReadOnlySpan<byte> this[int element] => Has(element) ? _bytes.AsSpan(_starts[element], _lengths[element]) : default;

    /// <summary>The message authentication code: element 128, or 64 where there is one bitmap. Empty when it is not there.</summary>
    public ReadOnlySpan<byte> Mac => this[_macElement];

    public bool HasMac => Has(_macElement);

    /// <summary>What the message authentication code is made of: everything before it.</summary>
    public ReadOnlySpan<byte> BeforeMac => _bytes.AsSpan(0, Has(_macElement) ? _starts[_macElement] : _length);

    public bool Has(int element) => (_present & BitOf(element)) != 0;

    /// <summary>The element as a number; false when it is not there, not digits or longer than 18 of them.</summary>
    public bool TryNumber(int element, out long number)
    {
        ReadOnlySpan<byte> digits = this[element];
        number = 0;
        if (digits.Length is 0 or > 18 || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0)
        {
            return false;
        }
        foreach (byte digit in digits)
        {
            number = (number * 10) + (digit - '0');
        }
        return true;
    }

    /// <summary>Reads a message without its length prefix. After a defect every element that was read before it is there, and no other.</summary>
    public MessageDefect Read(in ReadOnlySequence<byte> message)
    {
        _present = 0;
        _length = 0;
        _macElement = 64;
        Type = -1;
        if (message.Length is < DataElements.TypeBytes + DataElements.BitmapBytes or > MaxBytes)
        {
            return MessageDefect.Malformed;
        }
        message.CopyTo(_bytes);
        _length = (int)message.Length;
        int at = DataElements.TypeBytes;
        if (!TryDigits(_bytes.AsSpan(0, at), out int type))
        {
            return MessageDefect.Malformed;
        }
        Type = type;
        UInt128 announced = (UInt128)Bitmap(ref at) << 64;
        bool hasTwo = (announced & BitOf(1)) != 0;
        _macElement = hasTwo ? 128 : 64;
        if (hasTwo)
        {
            if (_length < at + DataElements.BitmapBytes)
            {
                return MessageDefect.Malformed;
            }
            announced = (announced | Bitmap(ref at)) & ~BitOf(1);
        }
        return ReadElements(announced, at);
    }

    private MessageDefect ReadElements(UInt128 announced, int at)
    {
        while (announced != 0)
        {
            int element = (int)UInt128.LeadingZeroCount(announced) + 1;
            announced &= ~BitOf(element);
            DataElement row = DataElements.Row(element);
            if (element == _macElement && _length - at != row.MaxBytes)
            {
                return MessageDefect.MacLength;
            }
            int length = row.MaxBytes;
            if (row.LengthDigits > 0)
            {
                if (_length - at < row.LengthDigits || !TryDigits(_bytes.AsSpan(at, row.LengthDigits), out length))
                {
                    return MessageDefect.Malformed;
                }
                at += row.LengthDigits;
            }
            if (!row.IsKnown || !row.IsLength(length) || length > _length - at || !row.IsContent(_bytes.AsSpan(at, length)))
            {
                return MessageDefect.Malformed;
            }
            (_starts[element], _lengths[element]) = ((ushort)at, (ushort)length);
            _present |= BitOf(element);
            at += length;
        }
        return at == _length ? MessageDefect.None : MessageDefect.Malformed;
    }

    private static UInt128 BitOf(int element) => UInt128.One << (DataElements.Last - element);

    private ulong Bitmap(ref int at)
    {
        ulong bits = BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(at));
        at += DataElements.BitmapBytes;
        return bits;
    }

    private static bool TryDigits(ReadOnlySpan<byte> digits, out int number)
    {
        number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
            number = (number * 10) + (digit - '0');
        }
        return true;
    }
}
