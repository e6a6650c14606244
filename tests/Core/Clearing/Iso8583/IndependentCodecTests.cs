using System.Globalization;
using System.Text;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Model;
using HotPath.Core.Tests.Architecture;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>
/// What our codec writes is in tests/Iso8583/messages.json, and there a package of somebody else's (npm, <c>./dev iso8583</c>) must read the same elements out of the same bytes
/// and write the same bytes of the same elements. Here: the file is what the codec writes now. <c>HOTPATH_ISO_WRITE=1</c> writes it anew.
/// </summary>
public sealed class IndependentCodecTests
{
    private const int ByChance = 60;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    private static readonly string FilePath = Path.Combine(Checkout.Root, "tests", "Iso8583", "messages.json");

    [Fact]
    public void MessagesFile_IsWhatTheCodecWrites()
    {
        string now = JsonSerializer.Serialize(Messages().Select(Describe), Indented) + "\n";
        if (Environment.GetEnvironmentVariable("HOTPATH_ISO_WRITE") == "1")
        {
            File.WriteAllText(FilePath, now);
        }

        Assert.Equal(File.ReadAllText(FilePath), now);
    }

    private static IEnumerable<byte[]> Messages()
    {
        var payment = new ClearingReference(new TradeNo(1_772_337_600_123UL << TradeNo.CounterBits, 7), new Amount(8880), Currency.Parse("HKD"));
        var refund = new ClearingReference(new TradeNo(1_772_337_700_456UL << TradeNo.CounterBits, 7), new Amount(1), Currency.Parse("AUD"), payment.TradeNo);
        var payload = new PayloadBuffer();
        Dialect.TryPay(DialectTests.Order(payment, new string('q', 1500), "tea, green", "T-1"), hasMac: true, payload);
        yield return payload.WrittenSpan[Dialect.PrefixBytes..].ToArray();
        payload = new PayloadBuffer();
        Dialect.TryRefund(new RefundOrder(refund, InstId.From("CN000001")), hasMac: false, payload);
        yield return payload.WrittenSpan[Dialect.PrefixBytes..].ToArray();
        byte[] room = new byte[512];
        foreach (ClearingVerb verb in new[] { ClearingVerb.Inquire, ClearingVerb.Reverse, ClearingVerb.Echo })
        {
            int length = Dialect.Ask(verb, refund, hasMac: false, room);
            new MessageId(1, 1231235959, 999_999_999_999).WriteTo(room.AsSpan(Dialect.PrefixBytes));
            yield return room[Dialect.PrefixBytes..length];
        }
        yield return IsoMessages.Write(210, DialectTests.Answer(refund, "13"));
        for (int seed = 0; seed < ByChance; seed++)
        {
            var chance = new Random(seed);
            // 127 is a list of its own at that package (Postilion), and none of ours.
            yield return IsoMessages.Write(chance.Next(3) switch { 0 => 210, 1 => 410, _ => 810 }, IsoMessages.Elements(chance, isPlain: true).Where(one => one.Element != 127));
        }
    }

    private static Message Describe(byte[] bytes)
    {
        ReceivedMessage read = IsoMessages.ReadWhole(bytes);
        var elements = new SortedDictionary<int, string> { [0] = read.Type.ToString("D4", CultureInfo.InvariantCulture) };
        for (int element = 2; element <= DataElements.Last; element++)
        {
            DataElement row = DataElements.Row(element);
            if (read.Has(element))
            {
                bool isHex = row is { Content: Content.Binary, LengthDigits: 0 };
                elements[element] = isHex ? Convert.ToHexStringLower(read[element]) : Encoding.UTF8.GetString(read[element]);
            }
        }
        return new Message(elements, Convert.ToHexStringLower(bytes));
    }

    private sealed record Message(SortedDictionary<int, string> Elements, string Hex);
}
