using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace HotPath.Core.Tests.Ledger;

/// <summary>A data directory of its own, a clock one can set, and a ledger on both; opened and closed as often as a test likes.</summary>
internal sealed class LedgerBench : IAsyncDisposable
{
    internal static readonly DateTimeOffset Start = new(2026, 9, 19, 2, 30, 0, TimeSpan.Zero);

    private readonly bool _isFaster;
    private EmbeddedLedger? _left;

    internal LedgerBench(bool isFaster = false, int segmentBytes = 256 * 1024)
    {
        _isFaster = isFaster;
        SegmentBytes = segmentBytes;
        Directory = NewDirectory();
    }

    internal string Directory { get; init; }

    internal int SegmentBytes { get; }

    internal long MaxTrades { get; init; } = 10_000;

    internal long CheckpointEveryRecords { get; init; } = 100_000_000;

    internal long DiskReserveBytes { get; init; } = 256L << 20;

    /// <summary>Virtual time leaps while real threads write: only tests that are about a slow disk may notice.</summary>
    internal TimeSpan SlowStep { get; init; } = TimeSpan.FromDays(20);

    internal IJournalStorage Storage { get; init; } = RoomyDisk.Instance;

    /// <summary>The disk beneath the index; the journal's is <see cref="Storage"/>.</summary>
    internal IJournalStorage IndexStorage { get; init; } = FileStorage.Instance;

    /// <summary>Runs before the index answers about a claim; with a dictionary for an index only.</summary>
    internal Action WhenAskedForAClaim { get; init; } = static () => { };

    internal IScheduler Scheduler { get; init; } = ThreadScheduler.Instance;

    internal TimeProvider Time { get; init; } = new FakeTimeProvider(Start);

    internal FakeTimeProvider Clock => (FakeTimeProvider)Time;

    internal List<LedgerEvent> Events { get; } = [];

    internal string Journal => Path.Combine(Directory, "journal");

    internal EmbeddedLedgerOptions Options => new()
    {
        DataDirectory = Directory,
        NodeId = 7,
        MaxTrades = MaxTrades,
        SegmentBytes = SegmentBytes,
        IndexMemoryBytes = 4 * 1024 * 1024,
        CommandRingCapacity = 1024,
        CheckpointEveryRecords = CheckpointEveryRecords,
        SlowStep = SlowStep,
        DiskReserveBytes = DiskReserveBytes,
    };

    internal long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();

    internal EmbeddedLedger Open() => EmbeddedLedger.Open(
        Options,
        Scheduler,
        Time,
        new GatewayMetrics("test"),
        Tell,
        Storage,
        _isFaster ? new FasterIndexFactory(Options, IndexStorage, Scheduler) : new DictionaryIndexFactory { WhenAsked = WhenAskedForAClaim });

    /// <summary>
    /// The directory as a power loss at this moment would leave it, apart from what was not synced: a copy, to be opened by its own
    /// bench.
    /// </summary>
    internal LedgerBench Crash()
    {
        string copy = NewDirectory();
        // A checkpoint that ends meanwhile takes the oldest away, of which a half would be copied: then once more.
        string[] manifests;
        do
        {
            if (System.IO.Directory.Exists(copy))
            {
                System.IO.Directory.Delete(copy, recursive: true);
            }
            manifests = Manifests();
            Copy(manifests, copy);
            Copy(Files("index"), copy);
        }
        while (!manifests.SequenceEqual(Manifests()));
        // The journal last: while the ledger runs on, what a copied manifest names must be in the copy.
        Copy(Files("journal"), copy);
        return new LedgerBench(_isFaster, SegmentBytes) { Directory = copy, MaxTrades = MaxTrades, Time = Time };
    }

    private static string NewDirectory() => Path.Combine(Path.GetTempPath(), "hotpath-ledger-" + Guid.NewGuid().ToString("N"));

    private string[] Manifests() => [.. System.IO.Directory.GetFiles(Directory, "manifest-*").Order(StringComparer.Ordinal)];

    private void Copy(IEnumerable<string> files, string copy)
    {
        foreach (string file in files.ToArray())
        {
            string target = Path.Combine(copy, Path.GetRelativePath(Directory, file));
            System.IO.Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            try
            {
                File.Copy(file, target);
            }
            catch (IOException) when (!File.Exists(file))
            {
                // Taken away meanwhile.
            }
        }
    }

    private IEnumerable<string> Files(string folder)
    {
        string path = Path.Combine(Directory, folder);
        return System.IO.Directory.Exists(path) ? System.IO.Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [];
    }

    internal bool Told(LedgerEventKind kind)
    {
        lock (Events)
        {
            return Events.Exists(told => told.Kind == kind);
        }
    }

    /// <summary>Closes <paramref name="ledger"/> only when the test ends.</summary>
    internal void Leave(EmbeddedLedger ledger) => _left = ledger;

    public async ValueTask DisposeAsync()
    {
        if (_left is not null)
        {
            await _left.DisposeAsync();
        }
        if (System.IO.Directory.Exists(Directory))
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    private void Tell(LedgerEvent told)
    {
        lock (Events)
        {
            Events.Add(told);
        }
    }
}
