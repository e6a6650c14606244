using System.Buffers;
using System.Globalization;
using CsCheck;
using HotPath.Core.Clearing.Adapters.Iso8583;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>Messages written and read by the element table: what goes in comes out, and nothing that comes in throws.</summary>
[Trait("Category", "Fuzz")]
public sealed class MessageCodecTests
{
    /// <summary>Messages, when nobody asks for another number (<c>./dev fuzz CASES</c>).</summary>
    private const int CasesInCi = 20_000;

    private static readonly int Cases =
        int.TryParse(Environment.GetEnvironmentVariable("HOTPATH_FUZZ_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out int cases) ? cases : CasesInCi;

    [Fact]
    public void EveryMessage_IsReadAsItWasWritten_ElementByElement() => Gen.Int.Sample(
        seed =>
        {
            var chance = new Random(seed);
            int type = chance.Next(10_000);
            List<(int Element, byte[] Value)> elements = IsoMessages.Elements(chance);

            ReceivedMessage message = IsoMessages.ReadWhole(IsoMessages.Write(type, elements));

            Assert.Equal(type, message.Type);
            var expected = elements.ToDictionary(one => one.Element, one => one.Value);
            for (int element = 1; element <= DataElements.Last; element++)
            {
                Assert.Equal(expected.ContainsKey(element), message.Has(element));
                Assert.Equal(expected.GetValueOrDefault(element, []), message[element].ToArray());
            }
        },
        iter: Cases / 10);

    [Fact]
    public void EveryElementOfTheTable_IsReadAlone_AndNotShorterOrLongerThanItMayBe()
    {
        var chance = new Random(1);
        for (int element = 2; element <= DataElements.Last; element++)
        {
            DataElement row = DataElements.Row(element);
            if (!row.IsKnown || element == 64)
            {
                Assert.Equal(element is 64 or 65, element == 64 || !row.IsKnown);
                continue;
            }
            byte[] value = IsoMessages.ValueOf(element, chance);
            byte[] whole = IsoMessages.Write(210, [(element, value)]);
            Assert.Equal(value, IsoMessages.ReadWhole(whole)[element].ToArray());
            MessageDefect expected = element == 128 ? MessageDefect.MacLength : MessageDefect.Malformed;
            Assert.Equal(expected, IsoMessages.Read(whole[..^1]).Defect);
            Assert.Equal(expected, IsoMessages.Read([.. whole, (byte)'0']).Defect);
            Assert.Throws<ArgumentException>(() => IsoMessages.Write(210, [(element, new byte[row.MaxBytes + 1])]));
            Assert.Throws<ArgumentException>(() => IsoMessages.Write(210, [(element, [])]));
        }
    }

    [Fact]
    public void MessageCutAnywhere_IsNone()
    {
        byte[] whole = IsoMessages.Write(210, (3, "000000"), (4, "000000008880"), (39, "00"), (48, "0102CN"), (60, "2026030112000000000700000001"), (70, "301"));
        Assert.Equal(MessageDefect.None, IsoMessages.Read(whole).Defect);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal(MessageDefect.Malformed, IsoMessages.Read(whole[..length]).Defect);
        }
    }

    [Theory]
    [InlineData("a bitmap that announces a third one", 65)]
    [InlineData("an element that is not there", 39)]
    public void BitmapThatAnnouncesMoreThanThereIs_IsNoMessage(string _, int element)
    {
        byte[] whole = IsoMessages.Write(210, (3, "000000"));
        whole[4 + ((element - 1) / 8)] |= (byte)(0x80 >> ((element - 1) % 8));

        Assert.Equal(MessageDefect.Malformed, IsoMessages.Read(whole).Defect);
    }

    [Fact]
    public void MessageWithOneBitmap_IsReadToo_WithItsCodeInElement64()
    {
        byte[] mac = [1, 2, 3, 4, 5, 6, 7, 8];
        byte[] whole = [.. "0210"u8, 0x20, 0, 0, 0, 0x02, 0, 0, 0x01, .. "00000000"u8, .. mac];

        ReceivedMessage message = IsoMessages.ReadWhole(whole);

        Assert.Equal("000000"u8.ToArray(), message[3].ToArray());
        Assert.Equal("00"u8.ToArray(), message[39].ToArray());
        Assert.Equal(mac, message.Mac.ToArray());
        Assert.Equal(whole[..^8], message.BeforeMac.ToArray());
        Assert.Equal(MessageDefect.MacLength, IsoMessages.Read(whole[..^1]).Defect);
        Assert.Equal(MessageDefect.MacLength, IsoMessages.Read([.. whole, 0]).Defect);
    }

    /// <summary>Whole messages with a few bytes bent, cut or added, and bytes that never were one: read or refused, never thrown at; what is read is within the message.</summary>
    [Fact]
    public void BentBytes_NeverThrow_AndWhatIsReadOfThem_IsWrittenAgainAlike()
    {
        int read = 0;
        Gen.Int.Sample(
            seed =>
            {
                var chance = new Random(seed);
                byte[] bytes = Bent(chance);
                (MessageDefect defect, ReceivedMessage message) = IsoMessages.Read(bytes);
                if (defect != MessageDefect.None || bytes[4] < 0x80)
                {
                    return;
                }
                Interlocked.Increment(ref read);
                var elements = new List<(int, byte[])>();
                for (int element = 2; element <= DataElements.Last; element++)
                {
                    if (message.Has(element))
                    {
                        elements.Add((element, message[element].ToArray()));
                    }
                }
                Assert.Equal(bytes, IsoMessages.Write(message.Type, elements));
            },
            iter: Cases);
        // Bent so badly that nothing is ever read would find nothing and look fine.
        Assert.InRange(read, Cases / 20, Cases * 19 / 20);
    }

    [Fact]
    public void MessageInPieces_IsReadAsOne()
    {
        byte[] whole = IsoMessages.Write(210, (3, "000000"), (39, "00"), (60, "2026030112000000000700000001"));
        var first = new Piece(whole.AsMemory(0, 7));
        Piece last = first.Append(whole.AsMemory(7, 30)).Append(whole.AsMemory(37));
        var message = new ReceivedMessage();

        Assert.Equal(MessageDefect.None, message.Read(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length)));
        Assert.Equal("00"u8.ToArray(), message[39].ToArray());
    }

    [Fact]
    public void MessageLongerThanAnyMayBe_IsNone() => Assert.Equal(MessageDefect.Malformed, IsoMessages.Read(new byte[ReceivedMessage.MaxBytes + 1]).Defect);

    private static byte[] Bent(Random chance)
    {
        if (chance.Next(10) == 0)
        {
            byte[] noise = new byte[chance.Next(200)];
            chance.NextBytes(noise);
            return noise;
        }
        List<byte> bytes = [.. IsoMessages.Write(chance.Next(10_000), IsoMessages.Elements(chance))];
        for (int times = chance.Next(3); times > 0 && bytes.Count > 8; times--)
        {
            int at = chance.Next(2) == 0 ? chance.Next(Math.Min(24, bytes.Count)) : chance.Next(bytes.Count);
            switch (chance.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << chance.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)chance.Next('0', '9' + 1);
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.Insert(at, (byte)chance.Next(256));
                    break;
            }
        }
        return [.. bytes];
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        internal Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
