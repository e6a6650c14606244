using System.Text.Json;
using HotPath.Core.Clearing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>RSA2 and ES256 side by side on one gateway: who is believed, and with what everybody is answered.</summary>
public class SignTypeTests
{
    private static readonly (string, string) AsModern = ("inst_id", TestCorridor.Modern);

    [Fact]
    public async Task BothTypes_AtOnce_EachIsAnsweredInItsOwn()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        // CallAsync verifies each answer with the key that its key_id names.
        Answered[] answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(
            () => corridor.CallAsync(i % 2 == 0 ? corridor.Payment() : corridor.Payment(AsModern)))));

        Assert.All(answers, answer => Assert.Equal("0000", answer.Code));
        Assert.All(answers, answer => Assert.Equal(answer["inst_id"] == TestCorridor.Modern ? ("gw-es", 64) : ("gw-1", 256), SignedBy(answer)));
        Assert.Equal(40, corridor.Told.Pays);
    }

    [Fact]
    public async Task EveryKindOfAnswer_ToAnInstitutionOfEs256_IsEs256()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> payment = corridor.Payment(AsModern);
        Answered paid = await corridor.CallAsync(payment);
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));

        (string Code, Answered Answer)[] answers =
        [
            ("0000", await corridor.CallAsync(corridor.Query(AsModern, ("trade_no", paid["trade_no"])))),
            ("0001", await corridor.CallAsync(corridor.Payment(AsModern))),
            ("B006", await corridor.CallAsync(corridor.Query(AsModern, ("out_trade_no", "none")))),
            ("C004", await corridor.CallAsync(new Dictionary<string, string>(payment) { ["total_amount"] = "1.00" })),
            ("B005", await corridor.CallAsync(new Dictionary<string, string>(payment) { ["req_id"] = "another" })),
            ("D002", await corridor.CallAsync(corridor.Payment(AsModern, ("req_time", "20200101000000")))),
        ];
        Assert.All(answers, one => Assert.Equal((one.Code, "gw-es"), (one.Answer.Code, one.Answer["key_id"])));
    }

    [Fact]
    public async Task OtherSignType_ThanTheInstitutions_IsD001_AnsweredInTheAskedOne()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> oldAsksNew = corridor.Payment(("sign_type", "ES256"));
        Dictionary<string, string> newAsksOld = corridor.Payment(AsModern, ("sign_type", "RSA2"));
        foreach (string signer in new[] { TestCorridor.Us, TestCorridor.Modern })
        {
            Assert.Equal(("D001", "gw-es"), Of(await SendAsync(corridor, oldAsksNew, signer)));
            Assert.Equal(("D001", "gw-1"), Of(await SendAsync(corridor, newAsksOld, signer)));
        }
        // The right type in sign_type, the other in sign.
        Assert.Equal(("D001", "gw-1"), Of(await SendAsync(corridor, corridor.Payment(), TestCorridor.Modern)));
        Assert.Equal(("D001", "gw-es"), Of(await SendAsync(corridor, corridor.Payment(AsModern), TestCorridor.Us)));
        Assert.Equal(0, corridor.Told.Pays);
    }

    [Fact]
    public async Task Strangers_AreAnsweredInTheirSignType_AsFarAsItWasReadAndIsKnown()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> nobody = corridor.Payment(("inst_id", "NOBODY"), ("sign_type", "ES256"));
        Assert.Equal(("D001", "gw-es"), Of(await SendAsync(corridor, nobody, TestCorridor.Modern)));
        Assert.Equal(("D001", "gw-1"), Of(await SendAsync(corridor, new(nobody) { ["sign_type"] = "RSA2" }, TestCorridor.Us)));
        Assert.Equal(("C003", "gw-1"), Of(await SendAsync(corridor, new(nobody) { ["sign_type"] = "ES384" }, TestCorridor.Modern)));
        Assert.Equal(("C003", "gw-es"), Of(await SendAsync(corridor, new(nobody) { ["charset"] = "GBK" }, TestCorridor.Modern)));
        Assert.Equal(("C001", "gw-es"), Of(await corridor.SendAsync("""{"sign_type":"ES256"}""")));
        Assert.Equal(("C001", "gw-1"), Of(await corridor.SendAsync("{}")));
        Assert.Equal(("C002", "gw-es"), Of(await corridor.SendAsync("""{"sign_type":"ES256","version":1}""")));
        Assert.Equal(("C002", "gw-1"), Of(await corridor.SendAsync("""{"sign_type":"ES256","sign_type":"ES256"}""")));
        Assert.Equal(("C002", "gw-1"), Of(await corridor.SendAsync("hello")));
    }

    [Fact]
    public async Task GatewayWithoutEs256_KnowsItAndNobodyOfIt()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(hasEs256: false);
        Assert.Equal(("D001", "gw-1"), Of(await SendAsync(corridor, corridor.Payment(AsModern), TestCorridor.Modern)));
        Assert.Equal(("D001", "gw-1"), Of(await SendAsync(corridor, corridor.Payment(("sign_type", "ES256")), TestCorridor.Us)));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment())).Code);
    }

    [Fact]
    public async Task SignatureThatIsNotRAndS_IsD001()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Dictionary<string, string> good = TestCorridor.Sign(corridor.Payment(AsModern), TestCorridor.Modern);
        byte[] sign = Convert.FromBase64String(good["sign"]);
        string text = good["sign"];
        // 64 bytes leave four bits over, in the last letter before the padding: canonically they are zero.
        string spareBits = text[..^3] + (char)(text[^3] + 1) + "==";
        string[] bad =
        [
            Convert.ToBase64String(sign[..63]), Convert.ToBase64String([.. sign, 0]), Convert.ToBase64String(new byte[64]),
            Convert.ToBase64String([.. new byte[32], .. sign[32..]]), Convert.ToBase64String([.. sign[..32], .. new byte[32]]),
            Convert.ToBase64String([.. sign[32..], .. sign[..32]]), Convert.ToBase64String(Der(sign)),
            spareBits, text.TrimEnd('='), text + " ", text.Insert(10, "\\n"), "A", "AAAA",
        ];
        Assert.Equal(sign, Convert.FromBase64String(spareBits));
        foreach (string one in bad)
        {
            string json = JsonSerializer.Serialize(new Dictionary<string, string>(good) { ["sign"] = one });
            Assert.Equal(("D001", "gw-es"), Of(await corridor.SendAsync(json)));
        }
        Assert.Equal("0000", (await corridor.SendAsync(JsonSerializer.Serialize(good))).Code);
    }

    [Theory]
    [InlineData(TestCorridor.Us, "RSA2", "gw-1", TestCorridor.Modern, "ES256", "gw-es")]
    [InlineData(TestCorridor.Modern, "ES256", "gw-es", TestCorridor.Us, "RSA2", "gw-1")]
    public async Task SignTypeChanged_BetweenPaymentAndRepetition_IsTheSameBytes(
        string oldKey, string oldType, string oldGateway, string newKey, string newType, string newGateway)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.SwapInstitutionKeys(TestCorridor.Us, signsWith: oldKey);
        Dictionary<string, string> payment = corridor.Payment(("sign_type", oldType));
        Answered paid = await SendAsync(corridor, payment, oldKey);
        corridor.SwapInstitutionKeys(TestCorridor.Us, signsWith: newKey);

        Assert.Equal(("0000", oldGateway), Of(paid));
        Assert.Equal(("D001", oldGateway), Of(await SendAsync(corridor, payment, oldKey)));
        Answered again = await SendAsync(corridor, new(payment) { ["sign_type"] = newType }, newKey);
        Assert.Equal(paid.Json, again.Json);
        Assert.Equal(("0000", newGateway), Of(await SendAsync(corridor, corridor.Payment(("sign_type", newType)), newKey)));
        Assert.Equal(2, corridor.Told.Pays);
    }

    [Fact]
    public async Task LateResult_IsSignedWithTheInstitutionsTypeOfThen_ForEver()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Processing);
        Dictionary<string, string> payment = corridor.Payment();
        Assert.Equal(("0001", "gw-1"), Of(await corridor.CallAsync(payment)));

        corridor.SwapInstitutionKeys(TestCorridor.Us, signsWith: TestCorridor.Modern);
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        Assert.True(await corridor.UntilAsync(() => Task.FromResult(corridor.Resolver.Count == 0), TimeSpan.FromMinutes(1)));
        Dictionary<string, string> repeated = new(payment) { ["sign_type"] = "ES256" };
        Answered final = await SendAsync(corridor, repeated, TestCorridor.Modern);

        Assert.Equal(("0000", "gw-es"), Of(final));
        corridor.SwapInstitutionKeys(TestCorridor.Us, signsWith: TestCorridor.Us);
        Assert.Equal(final.Json, (await corridor.CallAsync(payment)).Json);
        Assert.Equal(1, corridor.Told.Pays);
    }

    private static Task<Answered> SendAsync(TestCorridor corridor, Dictionary<string, string> members, string signer) =>
        corridor.SendAsync(JsonSerializer.Serialize(TestCorridor.Sign(members, signer)));

    private static (string Code, string KeyId) Of(Answered answer) => (answer.Code, answer["key_id"]);

    private static (string KeyId, int Bytes) SignedBy(Answered answer) => (answer["key_id"], Convert.FromBase64String(answer["sign"]).Length);

    // The same two numbers as DER has them.
    private static byte[] Der(byte[] sign)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(TrimZeroes(sign.AsSpan(0, 32)));
            writer.WriteIntegerUnsigned(TrimZeroes(sign.AsSpan(32)));
        }
        return writer.Encode();
    }

    private static ReadOnlySpan<byte> TrimZeroes(ReadOnlySpan<byte> number) => number[number.IndexOfAnyExcept((byte)0)..];
}
