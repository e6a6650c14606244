using System.Text;
using HotPath.Core.Ledger.Embedded;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>What a power loss takes: a virtual disk that keeps too much proves nothing.</summary>
public sealed class VirtualDiskTests
{
    private const string File = "/data/a";
    private const int Losses = 200;

    [Fact]
    public void Synced_UnderASyncedName_IsAlwaysThere()
    {
        for (ulong seed = 0; seed < Losses; seed++)
        {
            Assert.Equal("first", AfterLoss(seed, file => file.Sync(), syncsName: true));
        }
    }

    [Fact]
    public void Unsynced_IsThereSometimes_AndSometimesNot()
    {
        HashSet<string?> left = [.. Enumerable.Range(0, Losses).Select(seed => AfterLoss((ulong)seed, _ => { }, syncsName: true))];
        Assert.Contains("first", left);
        Assert.Contains("", left);
    }

    [Fact]
    public void Synced_UnderANameThatWasNot_IsGoneSometimes()
    {
        HashSet<string?> left = [.. Enumerable.Range(0, Losses).Select(seed => AfterLoss((ulong)seed, file => file.Sync(), syncsName: false))];
        Assert.Equal(2, left.Count);
        Assert.Contains("first", left);
        Assert.Contains(null, left);
    }

    [Fact]
    public void UnsyncedSectors_AreLostOneByOne()
    {
        var left = new HashSet<(bool, bool)>();
        for (ulong seed = 0; seed < Losses; seed++)
        {
            using var bench = new VirtualBench();
            bench.Storage.CreateDirectory("/data");
            using (IJournalFile file = bench.Storage.Create(File))
            {
                file.WriteAt(new byte[1024], 0);
                file.Sync();
                bench.Storage.SyncDirectory("/data");
                byte[] ones = new byte[1024];
                Array.Fill(ones, (byte)1);
                file.WriteAt(ones, 0);
            }
            bench.LosePower(seed);
            byte[] bytes = new byte[1024];
            using IJournalFile after = bench.Storage.Open(File, isWritable: false);
            after.ReadAt(bytes, 0);
            left.Add((bytes[0] == 1, bytes[512] == 1));
        }
        Assert.Equal(4, left.Count);
    }

    [Fact]
    public void Rename_ThatWasNotSynced_IsAtomic()
    {
        var left = new HashSet<string>();
        for (ulong seed = 0; seed < Losses; seed++)
        {
            using var bench = new VirtualBench();
            bench.Storage.CreateDirectory("/data");
            bench.Storage.Create("/data/from").Dispose();
            bench.Storage.Create("/data/other").Dispose();
            bench.Storage.SyncDirectory("/data");
            bench.Storage.Rename("/data/from", "/data/to");
            bench.LosePower(seed);
            left.Add(string.Join(' ', bench.Storage.List("/data")));
        }
        Assert.Equal(["from other", "other to"], left.Order(StringComparer.Ordinal));
    }

    private static string? AfterLoss(ulong seed, Action<IJournalFile> sync, bool syncsName)
    {
        using var bench = new VirtualBench();
        bench.Storage.CreateDirectory("/data");
        using (IJournalFile file = bench.Storage.Create(File))
        {
            file.WriteAt("first"u8, 0);
            sync(file);
        }
        if (syncsName)
        {
            bench.Storage.SyncDirectory("/data");
        }
        bench.LosePower(seed);
        if (!bench.Storage.List("/data").Contains("a"))
        {
            return null;
        }
        using IJournalFile after = bench.Storage.Open(File, isWritable: false);
        byte[] bytes = new byte[after.Length];
        after.ReadAt(bytes, 0);
        // A sector may be torn inside: some of the beginning.
        string text = Encoding.ASCII.GetString(bytes).TrimEnd('\0');
        return text == "first" ? text : "first".StartsWith(text, StringComparison.Ordinal) ? "" : text;
    }
}
