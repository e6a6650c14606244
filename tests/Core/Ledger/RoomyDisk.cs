using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger;

/// <summary>
/// The real disk, on which there is always room. The ledger looks at the room left once a second, and virtual time that leaps over a day looks 86,400
/// times: asking the kernel each time was what most of the ledger's tests spent their time with. Tests about the room itself have a <see cref="TroubledDisk"/>
/// or a <see cref="SmallFileSystem"/>.
/// </summary>
internal sealed class RoomyDisk : IJournalStorage
{
    internal static readonly RoomyDisk Instance = new();

    private readonly FileStorage _disk = FileStorage.Instance;

    public void CreateDirectory(string directory) => _disk.CreateDirectory(directory);

    public IReadOnlyList<string> List(string directory) => _disk.List(directory);

    public IJournalFile Create(string path) => _disk.Create(path);

    public IJournalFile Open(string path, bool isWritable) => _disk.Open(path, isWritable);

    public void Delete(string path) => _disk.Delete(path);

    public void DeleteDirectory(string directory) => _disk.DeleteDirectory(directory);

    public void Rename(string from, string to) => _disk.Rename(from, to);

    public void SyncDirectory(string directory) => _disk.SyncDirectory(directory);

    public IDisposable Lock(string path) => _disk.Lock(path);

    public DiskRoom Room(string directory) => DiskRoom.Endless;
}
