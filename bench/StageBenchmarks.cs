using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using HotPath.Bench.Baselines;
using HotPath.Core.Buffers;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Qr;
using HotPath.Core.Wire;
using HotPath.LoadTest.Packing;
using HotPath.Signing;

namespace HotPath.Bench;

/// <summary>
/// Each room of the corridor by itself, on one thread, and beside it what one would usually write (the baseline). The gate runs ours and
/// counts bytes.
/// </summary>
[MemoryDiagnoser]
[CategoriesColumn]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
public class StageBenchmarks
{
    private const int RingCapacity = 4096;

    private static readonly Currency Hkd = Currency.Parse("HKD");

    private readonly RequestSlot _slot = new();
    private readonly byte[] _signature = new byte[SigningKey.MaxSignatureLength];
    private readonly MpscRing<object> _ring = new(RingCapacity);
    private readonly Channel<object> _bounded = Channel.CreateBounded<object>(RingCapacity);
    private readonly Channel<object> _unbounded = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    private readonly object _item = new();
    private readonly AnswerBuffer _answer = new();
    private readonly Trade _settled = new();
    private readonly byte[] _code = Encoding.UTF8.GetBytes(SignedBody.StaticCode);
    private readonly SchemeTable _schemes = new(["hk.com.hkicl", "SG.PAYNOW"], []);
    private byte[] _body = [];
    private byte[] _text = [];
    private byte[] _requestSignature = [];
    private PlainRequest _plain = new();
    private VerifyingKey _institutionKey = null!;
    private BenchCorridor _corridor = null!;

    [GlobalSetup]
    public void Open()
    {
        _corridor = new BenchCorridor();
        _body = _corridor.SignPayments(1)[0];
        BenchCorridor.Load(_slot, _body);
        Read();
        Validate();
        SigningText();
        _text = _slot.SigningText.ToArray();
        _plain = PlainRequest.Read(_body);
        _requestSignature = Convert.FromBase64String(_plain.Sign!);
        _institutionKey = PemKeys.ReadPublic(_corridor.InstitutionPublicPem);
        _corridor.GatewayKey.Sign(_text, _signature);
        new TradeMaker(_corridor.Ledger, 's').Fill(_settled, 0);
        TradeMaker.Settle(_settled);
        Require(PlainSigningText().AsSpan().SequenceEqual(_text));
    }

    [GlobalCleanup]
    public void Close() => _corridor.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(Description = "source-generated JsonSerializer, an object of strings", Baseline = true), BenchmarkCategory("02 read")]
    public object PlainRead() => PlainRequest.Read(_body);

    [Benchmark(Description = "RequestReader into the slot, every member judged"), BenchmarkCategory("02 read")]
    public void Read()
    {
        BenchCorridor.Load(_slot, _body);
        Require(!RequestReader.Read(_slot).IsRefusal);
    }

    [Benchmark(Description = "SortedDictionary, string.Join, GetBytes", Baseline = true), BenchmarkCategory("03 signing text")]
    public byte[] PlainSigningText() =>
        Encoding.UTF8.GetBytes(string.Join('&', _plain.SignedMembers().Select(static member => $"{member.Key}={member.Value}")));

    [Benchmark(Description = "SigningText from the slot"), BenchmarkCategory("03 signing text")]
    public void SigningText() => RequestReader.WriteSigningText(_slot);

    [Benchmark(Description = "Convert.FromBase64String (takes blanks and spare bits)", Baseline = true), BenchmarkCategory("03 signature's Base64")]
    public byte[] PlainBase64() => Convert.FromBase64String(_plain.Sign!);

    [Benchmark(Description = "StrictBase64"), BenchmarkCategory("03 signature's Base64")]
    public void Base64() => Require(StrictBase64.TryDecode(_slot[Member.Sign], _signature, out _));

    [Benchmark(Description = "RSA imported for each call", Baseline = true), BenchmarkCategory("03 verify")]
    public void VerifyImported()
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(_corridor.InstitutionPublicPem);
        Require(rsa.VerifyData(_text, _requestSignature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [Benchmark(Description = "RSA shared"), BenchmarkCategory("03 verify")]
    public void Verify() => Require(_institutionKey.Verify(_text, _requestSignature));

    [Benchmark(Description = "Authenticator: Base64, key ring, verify"), BenchmarkCategory("03 verify")]
    public void Authenticate() =>
        Require(_corridor.Authenticator.Authenticate(_slot[Member.InstId], default, SignType.Rsa2, _text, _slot[Member.Sign], 1) is not null);

    [Benchmark(Description = "SHA-256 of the signing text"), BenchmarkCategory("04 fingerprint")]
    public Digest Fingerprint() => RequestReader.Fingerprint(_slot);

    [Benchmark(Description = "the interface's own members"), BenchmarkCategory("04 validate")]
    public void Validate() => Require(!RequestReader.CheckInterface(_slot).IsRefusal);

    [Benchmark(Description = "an EMVCo code: objects, checksum, what it agrees with, scheme"), BenchmarkCategory("04 code")]
    public void Code()
    {
        QrReading code = QrReader.Read(_code);
        Require(QrReader.Compare(code, _code, QrType.Static, Hkd, new Amount(8880)) == QrDefect.None && !_schemes.Of(code, _code).IsEmpty);
    }

    [Benchmark(Description = "Channel, bounded", Baseline = true), BenchmarkCategory("07 in and out, one thread")]
    public void BoundedHop() => Require(_bounded.Writer.TryWrite(_item) && _bounded.Reader.TryRead(out _));

    [Benchmark(Description = "Channel, unbounded, single reader"), BenchmarkCategory("07 in and out, one thread")]
    public void UnboundedHop() => Require(_unbounded.Writer.TryWrite(_item) && _unbounded.Reader.TryRead(out _));

    [Benchmark(Description = "MpscRing"), BenchmarkCategory("07 in and out, one thread")]
    public void RingHop() => Require(_ring.TryEnqueue(_item) && _ring.TryDequeue(out _));

    [Benchmark(Description = "RSA imported for each call", Baseline = true), BenchmarkCategory("08 sign")]
    public byte[] SignImported()
    {
        using var rsa = RSA.Create();
        rsa.ImportFromPem(_corridor.GatewayPrivatePem);
        return rsa.SignData(_text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    [Benchmark(Description = "RSA shared"), BenchmarkCategory("08 sign")]
    public int Sign() => _corridor.GatewayKey.Sign(_text, _signature);

    [Benchmark(Description = "final answer: laid out, signed, sealed"), BenchmarkCategory("08 sign")]
    public void SignFinal() => _corridor.Signer.SignFinal(_answer, _settled, _corridor.InstitutionRecord);

    [Benchmark(Description = "source-generated JsonSerializer, an object of strings", Baseline = true), BenchmarkCategory("10 answer")]
    public byte[] PlainAnswer()
    {
        string amount = (_settled.Amount.MinorUnits / 100m).ToString("F2", CultureInfo.InvariantCulture);
        return new PlainAnswer
        {
            BizType = "SCAN_PAY",
            Currency = "HKD",
            InstId = _settled.InstId.ToString(),
            KeyId = _settled.Answer.KeyId.ToString(),
            OutTradeNo = _settled.OrderNo.ToString(),
            ReqId = _settled.ReqId.ToString(),
            RespCode = "0000",
            RespId = _settled.Answer.RespId.ToString(),
            RespMsg = "成功",
            RespTime = PlainTime(_settled.Answer.RespTimeMs),
            Sign = Convert.ToBase64String(_settled.Answer.Signature),
            TotalAmount = amount,
            TradeNo = _settled.TradeNo.ToString(),
            TradeStatus = "SUCCESS",
            TradeTime = PlainTime(_settled.FinalAtMs),
        }.Write();
    }

    [Benchmark(Description = "AnswerBuffer, its signing text with it"), BenchmarkCategory("10 answer")]
    public void Repeat() => AnswerSigner.Repeat(_answer, _settled);

    private static string PlainTime(long unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMs).ToOffset(TimeSpan.FromHours(8)).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private static void Require(bool isRight)
    {
        if (!isRight)
        {
            throw new InvalidOperationException("a stage refused what it must take");
        }
    }
}
