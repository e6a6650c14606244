using System.Globalization;
using System.Text;
using CsCheck;
using HotPath.Core.Model;
using HotPath.Core.Qr;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Core.Tests.Qr;

/// <summary>The reader of codes against a second one, which reads the protocol on strings; and against any bytes. <c>./dev fuzz CASES</c> runs more.</summary>
[Trait("Category", "Fuzz")]
[Collection(nameof(WholeMachine))]
public sealed class QrFuzzTests(ITestOutputHelper output)
{
    // Fewer, and the rarest defect would be missing in some run.
    private static readonly int Cases = FuzzCases.Or(30_000);

    private static readonly string[] Names = ["hk.com.hkicl", "SG.PAYNOW", "A000000677010111", SchemeTable.UnionPay];
    private static readonly SchemeTable Table = new(Names, []);

    [Fact]
    public void Reader_AgreesWithASecondReading_AndWhatItAcceptsIsMadeOfItsObjectsAgain()
    {
        int[] defects = new int[Enum.GetValues<QrDefect>().Length];
        QrGen.Cases.Sample(
            one =>
            {
                byte[] content = Encoding.UTF8.GetBytes(one.Content);
                QrReading reading = QrReader.Read(content);
                var currency = Currency.Parse(one.Currency);
                _ = Amount.TryParse(Encoding.ASCII.GetBytes(one.Amount), currency.Exponent, out Amount amount);
                QrDefect defect = QrReader.Compare(reading, content, one.QrType == "01" ? QrType.Dynamic : QrType.Static, currency, amount);
                Interlocked.Increment(ref defects[(int)defect]);

                Assert.Equal(EmvOracle.IsLegal(one.Content, one.QrType, one.Currency, one.Amount), defect == QrDefect.None);
                if (defect == QrDefect.None && reading.Kind == QrKind.Emv)
                {
                    Assert.Equal(one.Content, string.Concat(Objects(content).Select(item => EmvCode.One(item.Id, item.Value))));
                    Assert.Equal(
                        EmvOracle.Schemes(one.Content).Aggregate(default(SchemeSet), (set, name) => set | Table.Of(name)), Table.Of(reading, content));
                    Assert.Equal(Digest.Of(Encoding.UTF8.GetBytes(EmvOracle.Canonical(one.Content))), QrReader.DigestOf(reading, content));
                    var merchant = default(Merchant);
                    merchant.Set(reading.MerchantName.Of(content), reading.MerchantCity.Of(content));
                    Assert.Equal(EmvOracle.Merchant(one.Content), (Encoding.UTF8.GetString(merchant.Name), Encoding.UTF8.GetString(merchant.City)));
                }
            },
            iter: Cases);
        output.WriteLine(string.Join(", ", Enum.GetValues<QrDefect>().Select(defect => $"{defect} {defects[(int)defect]}")));
        // A generator that made only one kind of code would find nothing and look fine.
        Assert.InRange(defects[(int)QrDefect.None] * 100 / Cases, 20, 60);
        Assert.All(Enum.GetValues<QrDefect>(), defect => Assert.True(defects[(int)defect] > Cases / 1000, defect.ToString()));
    }

    /// <summary>The corridor hands over valid UTF-8 only; should it ever not, this is a refusal and no exception.</summary>
    [Fact]
    public void AnyBytes_AreReadWithoutAnException() => Gen.Select(Gen.OneOf("000201", "000201010212", "https://", ""), Gen.Byte.Array[0, 300], Gen.Bool).Sample(
        (begin, rest, isSummed) =>
        {
            byte[] content = [.. Encoding.ASCII.GetBytes(begin), .. isSummed ? rest.Select(one => (byte)('0' + (one % 10))) : rest];
            QrReading reading = QrReader.Read(content);
            QrReader.Compare(reading, content, QrType.Dynamic, Currency.Parse("HKD"), new Amount(1));
            if (reading.Defect == QrDefect.None)
            {
                Table.Of(reading, content);
                QrReader.DigestOf(reading, content);
            }
        },
        iter: Cases);

    // As the gateway's own walk sees them.
    private static List<(string Id, string Value)> Objects(byte[] content)
    {
        var found = new List<(string, string)>();
        var objects = new EmvObjects(content);
        while (objects.Next() == EmvStep.Object)
        {
            found.Add((objects.Id.ToString("D2", CultureInfo.InvariantCulture), Encoding.UTF8.GetString(objects.Value)));
        }
        return found;
    }
}
