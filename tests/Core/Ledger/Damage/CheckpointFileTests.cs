using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Runtime;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Core.Tests.Ledger.Damage;

/// <summary>
/// Each file of FASTER's checkpoints damaged by itself (F22): an older checkpoint and a longer replay, or the index made anew. Every trade is
/// there with its amount, status and answer in every case, and every order number is known.
/// </summary>
public sealed class CheckpointFileTests(StoppedLedger whole, ITestOutputHelper output) : IClassFixture<StoppedLedger>
{
    private const int FlipsALog = 25;

    [Fact]
    public async Task EachFile_CutRemovedEmptiedOrExtended_NeverCostsATrade()
    {
        foreach (string file in Files())
        {
            int length = (int)new FileInfo(file).Length;
            foreach (int left in new[] { -1, 0, 1, length / 2, length - 1, length + 512 })
            {
                await CheckAsync(file, path =>
                {
                    byte[] bytes = File.ReadAllBytes(path);
                    File.Delete(path);
                    if (left >= 0)
                    {
                        Array.Resize(ref bytes, left);
                        File.WriteAllBytes(path, bytes);
                    }
                });
            }
        }
    }

    [Fact]
    public void EachNote_FlippedAtEveryByte_IsNotLoaded()
    {
        Manifest newest = Manifest.Load(FileStorage.Instance, whole.Folder).Whole[0];
        var disk = new BentDisk();
        var indexes = new FasterIndexFactory(StoppedLedger.Options(whole.Folder), disk, ThreadScheduler.Instance);
        foreach (string note in Notes(newest))
        {
            disk.Path = note;
            for (int at = 0; at < new FileInfo(note).Length; at++)
            {
                (disk.Offset, disk.Bits) = (at, (byte)(1 << (at % 8)));
                using IBookIndex? index = indexes.TryRecover(newest.Tokens, out string whyNot);
                Assert.True(index is null, $"{note} was loaded with byte {at} bent");
                Assert.NotEqual("", whyNot);
            }
        }
    }

    [Fact]
    public async Task EachLog_FlippedAtManyPositions_IsNoticedOrWithoutEffect()
    {
        var random = new Random(5);
        int noticed = 0;
        foreach (string file in Files().Where(file => Path.GetFileName(file).StartsWith("records", StringComparison.Ordinal)))
        {
            int used = File.ReadAllBytes(file).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
            for (int i = 0; i < FlipsALog; i++)
            {
                int at = random.Next(64, used);
                noticed += await CheckAsync(file, path => Flip(path, at, (byte)(1 << random.Next(8)))) ? 1 : 0;
            }
        }
        output.WriteLine($"{noticed} of {2 * FlipsALog} noticed");
        Assert.Equal(2 * FlipsALog, noticed);
    }

    [Fact]
    public async Task Notes_Exchanged_AreNoticed()
    {
        List<Manifest> manifests = Manifest.Load(FileStorage.Instance, whole.Folder).Whole;
        string[] newest = Notes(manifests[0]), older = Notes(manifests[1]);
        foreach ((string one, string other) in new[] { (newest[0], older[0]), (newest[1], older[1]), (newest[0], newest[1]), (newest[0], older[1]) })
        {
            bool isNoticed = await CheckAsync(one, path =>
            {
                string second = Path.Combine(path[..^Path.GetRelativePath(whole.Folder, one).Length], Path.GetRelativePath(whole.Folder, other));
                byte[] bytes = File.ReadAllBytes(path);
                File.Copy(second, path, overwrite: true);
                File.WriteAllBytes(second, bytes);
            });
            Assert.True(isNoticed);
        }
    }

    [Fact]
    public async Task Logs_OfTheTwoStores_Exchanged_AreNoticed()
    {
        string[] logs = [.. Files().Where(file => Path.GetFileName(file).StartsWith("records", StringComparison.Ordinal))];
        Assert.True(await CheckAsync(logs[0], path =>
        {
            File.Copy(logs[1], path, overwrite: true);
            File.Copy(logs[0], Path.Combine(path[..^Path.GetRelativePath(whole.Folder, logs[0]).Length], Path.GetRelativePath(whole.Folder, logs[1])), overwrite: true);
        }));
    }

    /// <summary>What FASTER noted about a checkpoint, of the claims and of the book.</summary>
    private string[] Notes(Manifest manifest) =>
        [.. new[] { manifest.Tokens.Claims, manifest.Tokens.Book }.Select(token => Files().Single(file => file.Contains($"{token}/info", StringComparison.Ordinal)))];

    private IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Path.Combine(whole.Folder, "index"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    private static void Flip(string path, int at, byte bits)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[at] ^= bits;
        File.WriteAllBytes(path, bytes);
    }

    /// <returns>Whether the start said that a checkpoint was of no use.</returns>
    private async Task<bool> CheckAsync(string file, Action<string> damage)
    {
        var events = new List<LedgerEvent>();
        await using (EmbeddedLedger ledger = whole.OpenCopyWithFaster(
            whole.Clock, events, copy => damage(Path.Combine(copy, Path.GetRelativePath(whole.Folder, file)))))
        {
            await whole.AssertWholeAsync(ledger);
        }
        return events.Exists(told => told.Kind == LedgerEventKind.CheckpointUnusable);
    }
}
