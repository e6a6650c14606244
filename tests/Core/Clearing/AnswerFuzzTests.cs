using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Clearing.Iso8583;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>
/// Answers made by chance and bent by chance, of both adapters: whatever they are, nothing throws, and nothing is believed unless the whole reference is in them, read by somebody else
/// (System.Text.Json's document; the bytes themselves).
/// </summary>
[Trait("Category", "Fuzz")]
public sealed class AnswerFuzzTests
{
    /// <summary>Answers of each adapter, when nobody asks for another number (<c>./dev fuzz CASES</c>).</summary>
    private const int CasesInCi = 50_000;

    private static readonly int Cases =
        int.TryParse(Environment.GetEnvironmentVariable("HOTPATH_FUZZ_CASES"), NumberStyles.None, CultureInfo.InvariantCulture, out int cases) ? cases : CasesInCi;

    private static readonly ClearingReference Payment = Payments.NewReference();
    private static readonly ClearingReference Refund = Payments.NewRefund(1200);
    private static readonly ClearingVerb[] Verbs = [ClearingVerb.Pay, ClearingVerb.Refund, ClearingVerb.Inquire, ClearingVerb.Reverse];
    private static readonly string[] Results = ["SUCCESS", "FAILED", "PENDING", "NOT_FOUND", "REVERSED", "DONE", "success"];
    private static readonly string[] Codes = ["00", "09", "12", "13", "17", "21", "25", "51", "61", "62", "94", "96", "99", "0A"];

    [Fact]
    public void HttpAnswer_IsBelievedOnlyWhenItRepeatsTheWholeReference()
    {
        int believed = 0;
        Gen.Int.Sample(
            seed =>
            {
                var chance = new Random(seed);
                (ClearingVerb verb, ClearingReference reference) = Call(chance);
                ClearingReference about = Neighbour(reference, chance);
                byte[] answer = Bend(Encoding.UTF8.GetBytes(Payments.AnswerTo(about, Results[chance.Next(Results.Length)], chance.Next(3) == 0 ? ",\"decline_code\":\"LIMIT_EXCEEDED\"" : "")), chance);

                BadAnswer bad = ClearingAnswer.Read(answer, verb, reference, out ClearingResult result);

                Judge(bad, result, ref believed, () =>
                {
                    using JsonDocument document = JsonDocument.Parse(answer);
                    JsonElement root = document.RootElement;
                    return root.GetProperty("reference").GetString() == reference.TradeNo.ToString() && root.GetProperty("amount_minor").GetString() == reference.Amount.ToString() &&
                        root.GetProperty("currency").GetString() == reference.Currency.ToString() &&
                        (root.TryGetProperty("original_reference", out JsonElement original) ? original.GetString() : null) == (reference.IsRefund ? reference.Original.ToString() : null);
                });
            },
            iter: Cases);
        // A generator that made nothing believable, or nothing else, would prove nothing.
        Assert.InRange(believed, Cases / 50, Cases / 2);
    }

    [Fact]
    public void Iso8583Answer_IsBelievedOnlyWhenItRepeatsTheWholeReference()
    {
        int believed = 0;
        Gen.Int.Sample(
            seed =>
            {
                var chance = new Random(seed);
                (ClearingVerb verb, ClearingReference reference) = Call(chance);
                ClearingReference about = Neighbour(reference, chance);
                int type = verb switch { ClearingVerb.Inquire => 110, ClearingVerb.Reverse => 410, _ => 210 };
                (int Element, byte[] Value)[] elements =
                [
                    .. DialectTests.Answer(about, Codes[chance.Next(Codes.Length)]).Select(one => (one.Element, Encoding.UTF8.GetBytes(one.Value))),
                    .. IsoMessages.Elements(chance).Where(one => one.Element is 2 or 5 or 35 or 44 or 48 or 55 or 63 or 102 or 120),
                ];
                byte[] answer = Bend(IsoMessages.Write(chance.Next(10) == 0 ? 810 : type, elements), chance);

                (MessageDefect defect, ReceivedMessage message) = IsoMessages.Read(answer);
                BadAnswer bad = Dialect.Judge(message, verb, reference, out ClearingResult result);

                if (defect != MessageDefect.None)
                {
                    return;
                }
                Judge(bad, result, ref believed, () =>
                {
                    string text = Encoding.Latin1.GetString(answer);
                    return text.Contains($"028{reference.TradeNo}", StringComparison.Ordinal) && (!reference.IsRefund || text.Contains($"028{reference.Original}", StringComparison.Ordinal)) &&
                        text.Contains(reference.Amount.ToString().PadLeft(12, '0'), StringComparison.Ordinal) && text.Contains("156", StringComparison.Ordinal);
                });
            },
            iter: Cases);
        Assert.InRange(believed, Cases / 50, Cases / 2);
    }

    private static void Judge(BadAnswer bad, in ClearingResult result, ref int believed, Func<bool> isWhole)
    {
        if (bad != BadAnswer.None)
        {
            Assert.Equal(ClearingOutcome.Unknown, result.Outcome);
            return;
        }
        Assert.True(isWhole());
        Assert.Equal(result.Outcome == ClearingOutcome.Failed, result.FailCode != RespCode.None);
        Interlocked.Increment(ref believed);
    }

    private static (ClearingVerb Verb, ClearingReference Reference) Call(Random chance)
    {
        ClearingVerb verb = Verbs[chance.Next(Verbs.Length)];
        bool isRefund = verb == ClearingVerb.Refund || (verb != ClearingVerb.Pay && chance.Next(2) == 0);
        return (verb, isRefund ? Refund : Payment);
    }

    // The reference, or one that differs in one thing.
    private static ClearingReference Neighbour(ClearingReference reference, Random chance) => chance.Next(8) switch
    {
        0 => reference with { TradeNo = new TradeNo(reference.TradeNo.Stamp + 1, reference.TradeNo.Node) },
        1 => reference with { Amount = new Amount(reference.Amount.MinorUnits + 1) },
        2 => reference with { Currency = Currency.Parse("HKD") },
        3 => reference with { Original = reference.IsRefund ? default : Payment.TradeNo },
        _ => reference,
    };

    private static byte[] Bend(byte[] whole, Random chance)
    {
        List<byte> bytes = [.. whole];
        for (int times = chance.Next(3); times > 0 && bytes.Count > 4; times--)
        {
            int at = chance.Next(bytes.Count);
            switch (chance.Next(5))
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
                case 3:
                    bytes.Insert(at, (byte)"{}\",:0 "[chance.Next(7)]);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
