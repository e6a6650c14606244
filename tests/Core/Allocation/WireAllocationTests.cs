using System.Security.Cryptography;
using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Simulated;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Qr;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Qr;
using HotPath.Core.Wire;
using HotPath.Signing;
using Xunit;

namespace HotPath.Core.Tests.Allocation;

/// <summary>
/// Reading a request and writing its answer allocate nothing, on this thread, exactly. The gate in bench/ counts the whole pipeline on
/// the real ledger; these say sooner, and more exactly, which room it was.
/// </summary>
public sealed class WireAllocationTests
{
    private const int Times = 200;
    private const int Rounds = 6;

    private static readonly string[] Bodies =
    [
        Body("咖啡 A&B"),
        // Escapes are unescaped behind the body, not into a string.
        Body("\\u5496\\u5561 \\\"A\\\""),
        // A code that is read whole, with letters of more than one byte and its checksum in small ones.
        Body("A", SmallLettered()),
    ];

    private static readonly Router Router = new([new Route { Channel = NoChannel(), Currencies = new HashSet<Currency>(), Schemes = ["hk.com.hkicl"] }]);

    private readonly RequestSlot _slot = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Payment_ReadCheckedAndFingerprinted_AllocatesNothing(int body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Bodies[body]);

        Assert.Equal(0, BytesOf(() =>
        {
            Load(bytes);
            bool isRefused = RequestReader.Read(_slot).IsRefusal || RequestReader.CheckInterface(_slot).IsRefusal;
            RequestReader.WriteSigningText(_slot);
            Digest fingerprint = RequestReader.Fingerprint(_slot);
            return !isRefused && !fingerprint.IsNone;
        }));
    }

    [Fact]
    public void Code_RoutedClaimedAndShown_AllocatesNothing()
    {
        Load(Encoding.UTF8.GetBytes(Bodies[2]));
        Assert.False(RequestReader.Read(_slot).IsRefusal || RequestReader.CheckInterface(_slot).IsRefusal);
        byte[] address = [.. "https://qr.example.hk/p"u8];
        QrReading read = QrReader.Read(address);

        Assert.Equal(0, BytesOf(() =>
        {
            ReadOnlySpan<byte> code = _slot[Member.QrContent];
            SchemeSet schemes = Router.Table.Schemes.Of(_slot.Code, code);
            _slot.Trade.CodeDigest = QrReader.DigestOf(_slot.Code, code);
            _slot.Trade.Merchant.Set(_slot.Code.MerchantName.Of(code), _slot.Code.MerchantCity.Of(code));
            var request = new RouteRequest
            {
                BizType = BizType.ScanPay,
                Direction = Direction.Outbound,
                Currency = _slot.Currency,
                Amount = _slot.Amount,
                NowMs = 0,
                Code = _slot.Code,
                QrContent = code,
            };
            bool isChosen = Router.Choose(request, default, ref _slot.Trade.Route).Channel is not null;
            return !schemes.IsEmpty && !isChosen && Router.Table.Schemes.Of(read, address).IsEmpty && !_slot.Trade.Merchant.Name.IsEmpty;
        }));
    }

    [Fact]
    public void MissingMember_IsRefused_WithoutAllocating()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Bodies[0].Replace("\"terminal_id\":\"T01\"", "\"nonce\":\"12345678\"", StringComparison.Ordinal));

        Assert.Equal(0, BytesOf(() =>
        {
            Load(bytes);
            return !RequestReader.Read(_slot).IsRefusal && RequestReader.CheckInterface(_slot).Member == Member.TerminalId;
        }));
    }

    [Fact]
    public void FinalAnswer_LaidOutAndSealed_AllocatesNothing()
    {
        var buffer = new AnswerBuffer();
        Trade trade = FinalTrade();

        Assert.Equal(0, BytesOf(() =>
        {
            AnswerSigner.Repeat(buffer, trade);
            return buffer.Json.Length > 0;
        }));
    }

    [Fact]
    public void SignAndVerify_AllocateNothing()
    {
        (string privatePem, string publicPem) = PemKeys.Generate();
        SigningKey key = PemKeys.ReadPrivate("k1", privatePem);
        var ring = new KeyRing([new RegisteredKey("k1", PemKeys.ReadPublic(publicPem))]);
        byte[] signature = new byte[256];

        Assert.Equal(0, BytesOf(() =>
        {
            key.Sign("text"u8, signature);
            return ring.Verify("text"u8, signature, default, nowMs: 1, out _);
        }));
    }

    [Fact]
    public void SignAndVerifyOfEs256_AllocateWhatDotNetDoes_AndNothingOfOurs()
    {
        (string privatePem, string publicPem) = PemKeys.Generate(SignType.Es256);
        SigningKey key = PemKeys.ReadPrivate("k1", privatePem);
        var ring = new KeyRing([new RegisteredKey("k1", PemKeys.ReadPublic(publicPem))]);
        using var bare = ECDsa.Create();
        bare.ImportFromPem(privatePem);
        byte[] text = [.. "text"u8];
        byte[] signature = new byte[64];
        const DSASignatureFormat form = DSASignatureFormat.IeeeP1363FixedFieldConcatenation;

        long signs = BytesOf(() => key.Sign(text, signature) == 64);
        long verifies = BytesOf(() => ring.Verify(text, signature, default, nowMs: 1, out _));

        Assert.Equal(BytesOf(() => bare.SignData(text, signature, HashAlgorithmName.SHA256, form) == 64), signs);
        Assert.Equal(BytesOf(() => bare.VerifyData(text, signature, HashAlgorithmName.SHA256, form)), verifies);
    }

    // The least of several rounds: when a method is compiled again in the background is not up to us, and what it allocates changes then.
    private static long BytesOf(Func<bool> operation) => Enumerable.Range(0, Rounds).Min(_ =>
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isRight = true;
        for (int i = 0; i < Times; i++)
        {
            isRight &= operation();
        }
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(isRight);
        return bytes;
    });

    private static string SmallLettered()
    {
        string code = EmvCode.Of(("01", "12"), EmvCode.Fps, ("53", "344"), ("54", "88.8"), ("59", "咖啡 1"), ("60", "香港"));
        return code[..^4] + code[^4..].ToLowerInvariant();
    }

    private static Channel NoChannel() => new(
        new ChannelOptions { Id = "none", MaxInFlight = 1 }, new SimulatedClearingAdapter(TimeSpan.Zero, TimeProvider.System), ThreadScheduler.Instance,
        TimeProvider.System, new GatewayMetrics("test"));

    private static string Body(string body, string code = "https://qr.example.hk/p?m=1&o=2") => $$"""
        {"version":"1.3","charset":"UTF-8","sign_type":"RSA2","sign":"AAAA","biz_type":"SCAN_PAY","req_time":"20260919103000",
        "req_id":"R1","inst_id":"CN000001","out_trade_no":"T1001","total_amount":"88.80","currency":"HKD","trade_type":"SCAN",
        "qr_type":"01","qr_content":"{{code}}","body":"{{body}}","terminal_type":"01","terminal_id":"T01"}
        """;

    private void Load(byte[] body)
    {
        _slot.Clear();
        body.CopyTo(_slot.BodyBuffer);
        _slot.SetBody(body.Length);
    }

    private static Trade FinalTrade()
    {
        var trade = new Trade
        {
            TradeNo = new TradeNo(1UL << 62, 1),
            InstId = InstId.From("CN000001"),
            BizType = BizType.ScanPay,
            Amount = new Amount(8880),
            Currency = Currency.Parse("HKD"),
            Status = TradeStatus.Success,
            FinalAtMs = 1_800_000_000_000,
        };
        trade.ReqId.Set("R1"u8);
        trade.OrderNo.Set("T1001"u8);
        trade.Merchant.Set("咖啡"u8, "HK"u8);
        trade.Answer.KeyId.Set("gw1"u8);
        trade.Answer.RespId = trade.TradeNo;
        trade.Answer.SetSignature(new byte[256]);
        return trade;
    }
}
