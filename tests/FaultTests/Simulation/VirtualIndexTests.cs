using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Tests.Ledger;
using HotPath.Faults.Simulation;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

public sealed class VirtualIndexTests : BookIndexContract
{
    private readonly VirtualBench _bench = new();

    [Fact]
    public void Checkpoint_ThatIsWhole_IsTheIndexAgain_AndAPowerLossChangesNothing()
    {
        IndexTokens tokens = TakeCheckpoint();
        _bench.LosePower(seed: 1);
        using IBookIndex? again = Factory().TryRecover(tokens, out string whyNot);
        Assert.True(again is not null, whyNot);
        Assert.True(again.TryGetBook(Key(1), out BookEntry entry));
        Assert.Equal(4096, entry.AcceptedAddress);
        Assert.True(again.TryGetClaim(Key(1), out ClaimEntry claim));
        Assert.Equal(new ClaimEntry(1, 2, 3, 4), claim);
    }

    [Fact]
    public void Checkpoint_WithOneByteChanged_OrCutShort_OrGone_IsNotLoaded()
    {
        IndexTokens tokens = TakeCheckpoint();
        string path = VirtualIndex.FileOf("/data/index", tokens);
        byte[] whole;
        using (IJournalFile file = _bench.Storage.Open(path, isWritable: false))
        {
            whole = new byte[file.Length];
            file.ReadAt(whole, 0);
        }
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] bent = [.. whole];
            bent[at] ^= 1;
            Put(path, bent);
            Assert.Null(Factory().TryRecover(tokens, out _));
        }
        Put(path, whole[..^1]);
        Assert.Null(Factory().TryRecover(tokens, out _));
        _bench.Storage.Delete(path);
        Assert.Null(Factory().TryRecover(tokens, out _));
    }

    public override void Dispose()
    {
        base.Dispose();
        _bench.Dispose();
    }

    internal override IBookIndex Create()
    {
        _bench.Storage.CreateDirectory("/data");
        return Factory().CreateEmpty();
    }

    private VirtualIndexFactory Factory() => new("/data", _bench.Storage, new Chance(1), failureRate: 0, _ => { });

    private IndexTokens TakeCheckpoint()
    {
        Index.PutClaim(Key(1), new ClaimEntry(1, 2, 3, 4));
        Index.PutBook(Key(1), BookEntry.Accepted(4096));
        _bench.Storage.SyncDirectory("/data");
        Assert.True(Index.TryBeginCheckpoint(out IndexTokens tokens));
        while (Index.PollCheckpoint() == CheckpointProgress.Running)
        {
        }
        return Index.Seal(tokens);
    }

    private void Put(string path, byte[] bytes)
    {
        using IJournalFile file = _bench.Storage.Create(path);
        file.WriteAt(bytes, 0);
    }

    private static IndexKey Key(int number) => IndexKey.Trade(new TradeNo((ulong)number, 7));
}
