using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>
/// What the index says is what was written, or an error: a key that seems to be missing because of the disk would be an order paid twice.
/// </summary>
[Collection(nameof(ThreadPoolTests))]
public sealed class IndexDeviceTests : IDisposable
{
    /// <summary>5.7 MB of book in 2 MiB of memory: the first two thirds are on disk.</summary>
    private const int Entries = 120_000;

    private const int ColdReads = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _directory = Path.Combine(Path.GetTempPath(), "hotpath-device-" + Guid.NewGuid().ToString("N"));
    private readonly FaultyDisk _disk = new();
    private IBookIndex? _index;

    public void Dispose()
    {
        _index?.Dispose();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public void Get_FromADiskThatFails_Throws_NeverSaysThatThereIsNothing()
    {
        IBookIndex index = Filled();
        Exception? told = null;
        index.WhenDiskFails(reason => told = reason);
        _disk.FailsReads = true;
        Assert.Throws<IOException>(() => index.TryGetBook(Key(1), out _));
        Assert.Equal("Input/output error", told?.Message);

        // The disk is well again, but what it did in between nobody knows.
        _disk.FailsReads = false;
        IBookReader reader = index.RentReader();
        Assert.Throws<IOException>(() => reader.TryGetBook(Key(2), out _));
        index.ReturnReader(reader);
        Assert.True(index.TryGetBook(Key(Entries), out _));
    }

    [Fact]
    public void Get_FromAFileThatHasBecomeShorter_Throws()
    {
        IBookIndex index = Filled();
        _disk.MissingBytes = 512;
        Assert.Throws<IOException>(() => index.TryGetBook(Key(1), out _));
    }

    /// <summary>The first record of the book begins at 64: header, key, value. Bit 55 of the header is its tombstone, 56 says that it counts.</summary>
    [Theory]
    [InlineData(64 + 6, 0x80)]
    [InlineData(64 + 7, 0x01)]
    [InlineData(64 + 8, 0x01)]
    [InlineData(64 + 24, 0x01)]
    [InlineData(511, 0x01)]
    public void Get_OfASectorWithOneBitBent_Throws(int at, byte bit)
    {
        IBookIndex index = Filled();
        _disk.Bends = (bytes, offset) =>
        {
            if (offset == 0)
            {
                bytes[at] ^= bit;
            }
        };
        Assert.Throws<IOException>(() => index.TryGetBook(Key(1), out _));
    }

    [Fact]
    public async Task Put_OnADiskThatFails_NeverWaitsForIt_AndWhatIsLostIsAnError()
    {
        IBookIndex index = Open();
        var told = new TaskCompletionSource<Exception>();
        index.WhenDiskFails(reason => told.TrySetResult(reason));
        _disk.FailsWrites = true;
        await InTime(() => Fill(index));
        Assert.Equal("No space left on device", (await told.Task.WaitAsync(Patience)).Message);
        Assert.Throws<IOException>(() => index.TryGetBook(Key(1), out _));
        await InTime(index.Dispose);
    }

    [Fact]
    public async Task Checkpoint_WhosePagesWereNotWritten_Fails()
    {
        IBookIndex index = Filled();
        var told = new TaskCompletionSource<Exception>();
        index.WhenDiskFails(reason => told.TrySetResult(reason));
        _disk.FailsWrites = true;
        Assert.True(index.TryBeginCheckpoint(out IndexTokens tokens));
        await InTime(() =>
        {
            while (index.PollCheckpoint() == CheckpointProgress.Running)
            {
                index.PutBook(Key(1), BookEntry.Accepted(8));
                Thread.Yield();
            }
        });
        Assert.Equal(CheckpointProgress.Failed, index.PollCheckpoint());
        Assert.ThrowsAny<IOException>(() => index.Seal(tokens));
    }

    [Fact]
    public async Task Dispose_WhileTheDiskHangs_Ends()
    {
        IBookIndex index = Open();
        using var hang = new ManualResetEventSlim();
        _disk.Hang = hang;
        for (int i = 1; i <= Entries / 4; i++)
        {
            index.PutBook(Key(i), BookEntry.Accepted(i * 8L));
        }
        try
        {
            await InTime(index.Dispose);
            Assert.False(hang.IsSet);
        }
        finally
        {
            hang.Set();
            _index = null;
        }
    }

    [Fact]
    public async Task ColdReads_MoreThanThePoolHasThreads_DoNotWaitForEachOther()
    {
        IBookIndex index = Filled();
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(2, ports);
        try
        {
            int before = _disk.LogReads;
            Task[] reads = [.. Enumerable.Range(0, ColdReads).Select(reader => Task.Run(() => ReadCold(index, reader)))];
            await Task.WhenAll(reads).WaitAsync(TimeSpan.FromSeconds(5));
            Assert.True(_disk.LogReads - before >= ColdReads * 10, "the reads were not cold");
        }
        finally
        {
            ThreadPool.SetMinThreads(workers, ports);
        }
    }

    private static void ReadCold(IBookIndex index, int number)
    {
        IBookReader reader = index.RentReader();
        for (int i = 1; i <= 10; i++)
        {
            int key = (number * 100) + i;
            Assert.True(reader.TryGetBook(Key(key), out BookEntry entry));
            Assert.Equal(key * 8L, entry.AcceptedAddress);
        }
        index.ReturnReader(reader);
    }

    private static async Task InTime(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        })
        { IsBackground = true };
        thread.Start();
        await done.Task.WaitAsync(Patience);
    }

    private static IndexKey Key(int number) => IndexKey.Trade(new TradeNo((ulong)number, 7));

    private static void Fill(IBookIndex index)
    {
        for (int i = 1; i <= Entries; i++)
        {
            index.PutBook(Key(i), BookEntry.Accepted(i * 8L));
        }
    }

    private IBookIndex Filled()
    {
        IBookIndex index = Open();
        Fill(index);
        return index;
    }

    private IBookIndex Open() => _index = Factory().CreateEmpty();

    private FasterIndexFactory Factory() => new(
        new EmbeddedLedgerOptions { DataDirectory = _directory, MaxTrades = 100_000, IndexMemoryBytes = 4 * 1024 * 1024 },
        _disk,
        ThreadScheduler.Instance);
}

/// <summary>Tests that change the pool of the whole process run alone.</summary>
[CollectionDefinition(nameof(ThreadPoolTests), DisableParallelization = true)]
public sealed class ThreadPoolTests;
