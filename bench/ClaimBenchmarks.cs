using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Bench;

/// <summary>
/// What a claim (6) does to the index, on one thread: is the req_id new, is the order new, then put trade, order and claim. Nothing in this
/// class is durable; the ledger's benchmarks have the claim that is.
/// </summary>
// Counted runs: every new claim stays, and an open-ended number of them would fill the memory.
[MemoryDiagnoser]
[CategoriesColumn]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[WarmupCount(3)]
[IterationCount(10)]
[InvocationCount(1, 1)]
public class ClaimBenchmarks
{
    private const int Claims = 10_000;
    private const int MostClaims = 1_000_000;

    // More than the folder's 8 MiB hold: the oldest are on disk then.
    private const int ClaimsInMemory = 200_000;

    private const string New = "06 claim, new";
    private const string Duplicate = "06 claim, duplicate";

    private static readonly InstId Institution = InstId.From("CN000001");

    private readonly CommandKeys[] _new = new CommandKeys[Claims];
    private readonly CommandKeys[] _old = new CommandKeys[Claims];
    private readonly CommandKeys[] _recent = new CommandKeys[Claims];
    private BenchFolder _folder = null!;
    private RecoveredLedger _ledger = null!;
    private ConcurrentDictionary<IndexKey, ClaimEntry> _claims = null!;
    private ConcurrentDictionary<IndexKey, BookEntry> _book = null!;
    private int _made;

    [GlobalSetup]
    public void Open()
    {
        _folder = new BenchFolder();
        _ledger = _folder.OpenParts();
        // Its size from the beginning: nothing grows and moves while it is measured.
        _claims = new ConcurrentDictionary<IndexKey, ClaimEntry>(1, MostClaims);
        _book = new ConcurrentDictionary<IndexKey, BookEntry>(1, MostClaims * 2);
        MakeKeys();
        _new.CopyTo(_old, 0);
        Put();
        for (int i = 0; i < ClaimsInMemory; i += Claims)
        {
            MakeKeys();
            Put();
        }
        _new.CopyTo(_recent, 0);
    }

    [GlobalCleanup]
    public void Close()
    {
        _ledger.Close();
        _folder.Dispose();
    }

    // Hashed outside the measurement: both sides need the keys.
    [IterationSetup]
    public void MakeKeys()
    {
        for (int i = 0; i < Claims; i++)
        {
            byte[] order = Encoding.ASCII.GetBytes(_made.ToString("D20", CultureInfo.InvariantCulture));
            _new[i].Claim = IndexKey.Claim(Institution, order);
            _new[i].Order = IndexKey.Order(Institution, order);
            _new[i].Trade = IndexKey.Trade(new TradeNo((ulong)++_made, 0));
        }
    }

    [Benchmark(Description = "ConcurrentDictionary: memory only, gone at a restart", OperationsPerInvoke = Claims, Baseline = true), BenchmarkCategory(New)]
    public void DictionaryNew()
    {
        for (int i = 0; i < Claims; i++)
        {
            ref CommandKeys keys = ref _new[i];
            Require(_claims.TryAdd(keys.Claim, default) && _book.TryAdd(keys.Order, default) && _book.TryAdd(keys.Trade, default));
        }
    }

    [Benchmark(Description = "index (FASTER): larger than memory, durable with its checkpoints", OperationsPerInvoke = Claims), BenchmarkCategory(New)]
    public void IndexNew()
    {
        IBookIndex index = _ledger.Index;
        for (int i = 0; i < Claims; i++)
        {
            ref CommandKeys keys = ref _new[i];
            Require(!index.TryGetClaim(keys.Claim, out _) && !index.TryGetBook(keys.Order, out _));
            index.PutBook(keys.Trade, default);
            index.PutBook(keys.Order, default);
            index.PutClaim(keys.Claim, default);
        }
    }

    [Benchmark(Description = "ConcurrentDictionary", OperationsPerInvoke = Claims, Baseline = true), BenchmarkCategory(Duplicate)]
    public void DictionaryDuplicate()
    {
        for (int i = 0; i < Claims; i++)
        {
            Require(!_claims.TryAdd(_old[i].Claim, default) && _book.TryGetValue(_old[i].Trade, out _));
        }
    }

    [Benchmark(Description = "index (FASTER), older than its memory: from the page cache", OperationsPerInvoke = Claims), BenchmarkCategory(Duplicate)]
    public void IndexDuplicateOld() => FindAll(_old);

    [Benchmark(Description = "index (FASTER), recent", OperationsPerInvoke = Claims), BenchmarkCategory(Duplicate)]
    public void IndexDuplicateRecent() => FindAll(_recent);

    private void FindAll(CommandKeys[] known)
    {
        IBookIndex index = _ledger.Index;
        for (int i = 0; i < Claims; i++)
        {
            Require(index.TryGetClaim(known[i].Claim, out _) && index.TryGetBook(known[i].Trade, out _));
        }
    }

    private void Put()
    {
        DictionaryNew();
        IndexNew();
    }

    private static void Require(bool isRight)
    {
        if (!isRight)
        {
            throw new InvalidOperationException("a new claim was known, or an old one was not");
        }
    }
}
