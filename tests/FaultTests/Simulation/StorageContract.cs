using System.Text;
using HotPath.Core.Ledger.Embedded;
using HotPath.Faults.Simulation;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

#pragma warning disable CA1816 // Nothing here has a finalizer.

/// <summary>What every disk does, so that what a simulation finds on the virtual one holds for the real one.</summary>
public abstract class StorageContract : IDisposable
{
    internal abstract IJournalStorage Storage { get; }

    protected abstract string Root { get; }

    public abstract void Dispose();

    [Fact]
    public void Create_MakesAnEmptyFile_InPlaceOfOneThatIsThere()
    {
        Write("a", "old");
        using IJournalFile file = Storage.Create(In("a"));
        Assert.Equal(0, file.Length);
        Assert.Equal("", Read("a"));
    }

    [Fact]
    public void Open_WhatIsNotThere_Throws()
    {
        Assert.Throws<FileNotFoundException>(() => Storage.Open(In("a"), isWritable: false));
        Assert.Throws<FileNotFoundException>(() => Storage.Open(In("a"), isWritable: true));
    }

    [Fact]
    public void Write_GoesWhereItIsTold_AndLeavesZeroesBetween()
    {
        using IJournalFile file = Storage.Create(In("a"));
        file.WriteAt("end"u8, 5);
        file.WriteAt("be"u8, 0);
        Assert.Equal(8, file.Length);
        Assert.Equal("be\0\0\0end", Read("a"));
    }

    [Fact]
    public void Read_PastTheEnd_ReadsWhatThereIs()
    {
        Write("a", "12345");
        using IJournalFile file = Storage.Open(In("a"), isWritable: false);
        byte[] into = new byte[4];
        Assert.Equal(2, file.ReadAt(into, 3));
        Assert.Equal("45\0\0", Encoding.ASCII.GetString(into));
        Assert.Equal(0, file.ReadAt(into, 5));
        Assert.Equal(0, file.ReadAt(into, 100));
    }

    [Fact]
    public void Write_IsSeenByWhoeverHasItOpen_BeforeItIsSynced()
    {
        Write("a", "12345");
        using IJournalFile reader = Storage.Open(In("a"), isWritable: false);
        using IJournalFile writer = Storage.Open(In("a"), isWritable: true);
        writer.WriteAt("x"u8, 1);
        byte[] into = new byte[5];
        reader.ReadAt(into, 0);
        Assert.Equal("1x345", Encoding.ASCII.GetString(into));
        writer.Sync();
    }

    [Fact]
    public void Write_ToAFileOpenForReading_Throws()
    {
        Write("a", "12345");
        using IJournalFile file = Storage.Open(In("a"), isWritable: false);
        Assert.Throws<UnauthorizedAccessException>(() => file.WriteAt("x"u8, 0));
    }

    [Fact]
    public void Rename_Replaces_AndTheOpenFileGoesWithItsName()
    {
        Write("to", "old");
        using IJournalFile file = Storage.Create(In("from"));
        file.WriteAt("new"u8, 0);
        Storage.Rename(In("from"), In("to"));
        file.WriteAt("er"u8, 3);
        Assert.Equal(["to"], Storage.List(Root));
        Assert.Equal("newer", Read("to"));
    }

    [Fact]
    public void Rename_OfWhatIsNotThere_Throws() => Assert.Throws<FileNotFoundException>(() => Storage.Rename(In("a"), In("b")));

    [Fact]
    public void Delete_LeavesTheOpenFileReadable_AndIsFineTwice()
    {
        Write("a", "12345");
        using IJournalFile file = Storage.Open(In("a"), isWritable: false);
        Storage.Delete(In("a"));
        Storage.Delete(In("a"));
        byte[] into = new byte[5];
        Assert.Equal(5, file.ReadAt(into, 0));
        Assert.Empty(Storage.List(Root));
    }

    [Fact]
    public void List_IsInOrdinalOrder_WithoutDirectories_AndEmptyForNone()
    {
        Write("b", "");
        Write("B", "");
        Write("a-1", "");
        Storage.CreateDirectory(In("c"));
        Assert.Equal(["B", "a-1", "b"], Storage.List(Root));
        Assert.Empty(Storage.List(In("none")));
    }

    [Fact]
    public void CreateDirectory_MakesThoseAboveIt_AndIsFineTwice()
    {
        string deep = Path.Combine(Root, "x", "y", "z");
        Storage.CreateDirectory(deep);
        Storage.CreateDirectory(deep);
        using IJournalFile file = Storage.Create(Path.Combine(deep, "a"));
        Assert.Equal(["a"], Storage.List(deep));
        Storage.SyncDirectory(deep);
    }

    [Fact]
    public void Create_WhereThereIsNoDirectory_Throws() =>
        Assert.Throws<DirectoryNotFoundException>(() => Storage.Create(Path.Combine(Root, "none", "a")));

    [Fact]
    public void Lock_IsOneOwners_UntilDisposed()
    {
        string path = In("lock");
        using (Storage.Lock(path))
        {
            Assert.Throws<LedgerLockedException>(() => Storage.Lock(path));
        }
        Storage.Lock(path).Dispose();
    }

    [Fact]
    public void File_ThatIsClosed_IsNotUsable()
    {
        IJournalFile file = Storage.Create(In("a"));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.WriteAt("x"u8, 0));
        Assert.Throws<ObjectDisposedException>(() => file.ReadAt(new byte[1], 0));
    }

    private string In(string name) => Path.Combine(Root, name);

    private void Write(string name, string content)
    {
        using IJournalFile file = Storage.Create(In(name));
        file.WriteAt(Encoding.ASCII.GetBytes(content), 0);
        file.Sync();
    }

    private string Read(string name)
    {
        using IJournalFile file = Storage.Open(In(name), isWritable: false);
        byte[] bytes = new byte[file.Length];
        file.ReadAt(bytes, 0);
        return Encoding.ASCII.GetString(bytes);
    }
}

public sealed class FileStorageTests : StorageContract
{
    private readonly string _root = Directory.CreateTempSubdirectory("hotpath-storage-").FullName;

    internal override IJournalStorage Storage => FileStorage.Instance;

    protected override string Root => _root;

    public override void Dispose() => Directory.Delete(_root, recursive: true);
}

public sealed class VirtualStorageTests : StorageContract
{
    private readonly VirtualBench _bench = new();

    public VirtualStorageTests() => _bench.Storage.CreateDirectory(Root);

    internal override IJournalStorage Storage => _bench.Storage;

    protected override string Root => "/data";

    public override void Dispose() => _bench.Dispose();
}
