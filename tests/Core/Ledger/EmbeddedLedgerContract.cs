using HotPath.Core.Ledger;
using Microsoft.Extensions.Time.Testing;

namespace HotPath.Core.Tests.Ledger;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime, which ends in CleanUp.

/// <summary>The embedded engine with FASTER as its index: what runs in production.</summary>
public sealed class FasterLedgerContract : LedgerContract
{
    private readonly LedgerBench _bench = new(isFaster: true);

    protected override FakeTimeProvider Clock => _bench.Clock;

    protected override ILedger Open() => _bench.Open();

    protected override ValueTask CleanUp() => _bench.DisposeAsync();
}

/// <summary>The embedded engine with a dictionary as its index: rebuilt from the journal on every start.</summary>
public sealed class DictionaryLedgerContract : LedgerContract
{
    private readonly LedgerBench _bench = new();

    protected override FakeTimeProvider Clock => _bench.Clock;

    protected override ILedger Open() => _bench.Open();

    protected override ValueTask CleanUp() => _bench.DisposeAsync();
}
