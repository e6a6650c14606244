using System.Buffers;
using System.Text;
using HotPath.Core.Clearing.Adapters.Iso8583;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>Messages as tests make and read them.</summary>
internal static class IsoMessages
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    internal static byte[] Write(int type, IEnumerable<(int Element, byte[] Value)> elements)
    {
        byte[] room = new byte[130_000];
        var writer = new MessageWriter(room, type);
        foreach ((int element, byte[] value) in elements.OrderBy(one => one.Element))
        {
            writer.Add(element, value);
        }
        return room[..writer.Length];
    }

    internal static byte[] Write(int type, params (int Element, string Value)[] elements) =>
        Write(type, elements.Select(one => (one.Element, Encoding.UTF8.GetBytes(one.Value))));

    internal static (MessageDefect Defect, ReceivedMessage Message) Read(byte[] bytes)
    {
        var message = new ReceivedMessage();
        return (message.Read(new ReadOnlySequence<byte>(bytes)), message);
    }

    internal static ReceivedMessage ReadWhole(byte[] bytes)
    {
        (MessageDefect defect, ReceivedMessage message) = Read(bytes);
        Assert.Equal(MessageDefect.None, defect);
        return message;
    }

    /// <summary>What the element may hold, by chance. <paramref name="isPlain"/>: only what every implementation takes for it.</summary>
    internal static byte[] ValueOf(int element, Random chance, bool isPlain = false)
    {
        DataElement row = DataElements.Row(element);
        int length = row.LengthDigits == 0 ? row.MaxBytes : chance.Next(8) == 0 ? row.MaxBytes : chance.Next(1, Math.Min(40, (int)row.MaxBytes) + 1);
        byte[] value = new byte[length];
        for (int i = 0; i < length; i++)
        {
            value[i] = row.Content switch
            {
                Content.Digits => (byte)chance.Next('0', '9' + 1),
                Content.Alphanumeric => (byte)(isPlain ? Letters : Letters + " ")[chance.Next(isPlain ? Letters.Length : Letters.Length + 1)],
                Content.Printable => isPlain ? (byte)Letters[chance.Next(Letters.Length)] : (byte)chance.Next(' ', '~' + 1),
                Content.SignedDigits => i == 0 ? (byte)"CD"[chance.Next(2)] : (byte)chance.Next('0', '9' + 1),
                Content.Track => isPlain ? (byte)chance.Next('0', '9' + 1) : (byte)"0123456789=D"[chance.Next(12)],
                _ => isPlain && row.LengthDigits > 0 ? (byte)Letters[chance.Next(Letters.Length)] : (byte)chance.Next(256),
            };
        }
        return value;
    }

    /// <summary>Elements by chance, never one alone so often that most were not there; small enough for one message.</summary>
    internal static List<(int Element, byte[] Value)> Elements(Random chance, bool isPlain = false)
    {
        int oneOf = chance.Next(1, 20);
        var elements = new List<(int, byte[])>();
        int bytes = 0;
        for (int element = 2; element <= DataElements.Last; element++)
        {
            // One bitmap's code is no element of a message with two.
            if (element == 64 || !DataElements.Row(element).IsKnown || chance.Next(oneOf) != 0)
            {
                continue;
            }
            byte[] value = ValueOf(element, chance, isPlain);
            bytes += value.Length + 3;
            if (bytes < ReceivedMessage.MaxBytes - 100)
            {
                elements.Add((element, value));
            }
        }
        return elements;
    }
}
