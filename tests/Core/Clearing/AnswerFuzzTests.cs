using System.Globalization;
using System.Runtime.InteropServices;
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
    /// <summary>Answers of each adapter.</summary>
    private static readonly int Cases = FuzzCases.Or(10_000);

    private static readonly ClearingReference Payment = Payments.NewReference();
    private static readonly ClearingReference Refund = Payments.NewRefund(1200);
    private static readonly ClearingVerb[] Verbs = [ClearingVerb.Pay, ClearingVerb.Refund, ClearingVerb.Inquire, ClearingVerb.Reverse];
    private static readonly string[] Results = ["SUCCESS", "FAILED", "PENDING", "NOT_FOUND", "REVERSED", "DONE", "success"];
    private static readonly string[] Escapes = ["\\ud800", "\\ud83d\\ude00", "\\u0072"];
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
                        // A reason stands with a decline and with nothing else; a reversal that cannot be done is in doubt whatever is beside it.
                        (root.TryGetProperty("decline_code", out JsonElement reason) && JsonMarshal.GetRawUtf8Value(reason).Length > 2 ? result.Outcome is ClearingOutcome.Failed || (verb == ClearingVerb.Reverse && result.Outcome == ClearingOutcome.Unknown) : result.Outcome != ClearingOutcome.Failed) &&
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
                        text.Contains(reference.Amount.ToString().PadLeft(12, '0'), StringComparison.Ordinal) && CurrencyIn(answer) == "156";
                });
            },
            iter: Cases);
        Assert.InRange(believed, Cases / 50, Cases / 2);
    }

    /// <summary>Element 49 at its place: behind what is before it, by the lengths of docs/channel-contract.md and of the standard; "" when that is not so.</summary>
    private static string CurrencyIn(byte[] message)
    {
        string text = Encoding.Latin1.GetString(message);
        int at = 4;
        var present = new List<int>();
        for (int first = 1; first == 1 || (first == 65 && present.Contains(1)); first += 64, at += 8)
        {
            present.AddRange(Enumerable.Range(first, 64).Where(element => (message[at + ((element - first) / 8)] >> (7 - ((element - first) % 8)) & 1) == 1));
        }
        foreach (int element in present.Where(element => element is > 1 and < 49))
        {
            at += element switch
            {
                2 or 32 or 33 or 34 or 35 or 44 or 45 => 2 + int.Parse(text.AsSpan(at, 2), CultureInfo.InvariantCulture),
                36 or 46 or 47 or 48 => 3 + int.Parse(text.AsSpan(at, 3), CultureInfo.InvariantCulture),
                _ => DataElements.Row(element).MaxBytes,
            };
        }
        return present.Contains(49) ? text.Substring(at, 3) : "";
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
            switch (chance.Next(6))
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
                    bytes.Insert(at, (byte)"{}\",:0 \\"[chance.Next(8)]);
                    break;
                case 4:
                    // An escape of half a character, of a whole one, of a letter.
                    bytes.InsertRange(at, Encoding.ASCII.GetBytes(Escapes[chance.Next(Escapes.Length)]));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
