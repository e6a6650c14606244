using Microsoft.Extensions.Time.Testing;

namespace HotPath.Core.Tests;

/// <summary>Steps the wall clock alone; FakeTimeProvider's own adjustment takes the timestamps with it, which no machine does.</summary>
internal sealed class SteppingClock() : FakeTimeProvider(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero))
{
    internal TimeSpan Behind { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - Behind;

    public override long GetTimestamp() => base.GetUtcNow().UtcTicks;
}
