using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Tests.Ledger;

public sealed class DictionaryBookIndexTests : BookIndexContract
{
    internal override IBookIndex Create() => new DictionaryIndexFactory().CreateEmpty();
}

public sealed class FasterBookIndexTests : BookIndexContract
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "hotpath-index-" + Guid.NewGuid().ToString("N"));

    internal override IBookIndex Create() => new FasterIndexFactory(new EmbeddedLedgerOptions
    {
        DataDirectory = _directory,
        MaxTrades = 100_000,
        IndexMemoryBytes = 4 * 1024 * 1024,
    }, FileStorage.Instance, Runtime.ThreadScheduler.Instance).CreateEmpty();

    public override void Dispose()
    {
        base.Dispose();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }
}
