using BenchmarkDotNet.Attributes;
using HotPath.Core.Buffers;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Wire;
using HotPath.Signing;

namespace HotPath.Bench;

/// <summary>Each room of the corridor by itself, on one thread. The gate runs the same methods and counts bytes.</summary>
[MemoryDiagnoser]
public class StageBenchmarks
{
    private readonly RequestSlot _slot = new();
    private readonly byte[] _signature = new byte[SigningKey.MaxSignatureLength];
    private readonly MpscRing<object> _ring = new(4096);
    private readonly object _item = new();
    private readonly AnswerBuffer _answer = new();
    private readonly Trade _settled = new();
    private byte[] _body = [];
    private byte[] _text = [];
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
        _corridor.GatewayKey.Sign(_text, _signature);
        new TradeMaker(_corridor.Ledger, 's').Fill(_settled, 0);
        TradeMaker.Settle(_settled);
    }

    [GlobalCleanup]
    public void Close() => _corridor.DisposeAsync().AsTask().GetAwaiter().GetResult();

    [Benchmark(Description = "2 read")]
    public void Read()
    {
        BenchCorridor.Load(_slot, _body);
        Require(!RequestReader.Read(_slot).IsRefusal);
    }

    [Benchmark(Description = "4 validate")]
    public void Validate() => Require(!RequestReader.CheckInterface(_slot).IsRefusal);

    [Benchmark(Description = "3 signing text")]
    public void SigningText() => RequestReader.WriteSigningText(_slot);

    [Benchmark(Description = "3 authenticate")]
    public void Authenticate() =>
        Require(_corridor.Authenticator.Authenticate(_slot[Member.InstId], default, SignType.Rsa2, _text, _slot[Member.Sign], 1) is not null);

    [Benchmark(Description = "4 fingerprint")]
    public Digest Fingerprint() => RequestReader.Fingerprint(_slot);

    [Benchmark(Description = "7 ring hop")]
    public void RingHop() => Require(_ring.TryEnqueue(_item) && _ring.TryDequeue(out _));

    [Benchmark(Description = "8 sign, bare")]
    public int Sign() => _corridor.GatewayKey.Sign(_text, _signature);

    [Benchmark(Description = "8 sign final answer")]
    public void SignFinal() => _corridor.Signer.SignFinal(_answer, _settled, _corridor.InstitutionRecord);

    [Benchmark(Description = "10 repeat answer")]
    public void Repeat() => AnswerSigner.Repeat(_answer, _settled);

    private static void Require(bool isRight)
    {
        if (!isRight)
        {
            throw new InvalidOperationException("a stage refused what it must take");
        }
    }
}
