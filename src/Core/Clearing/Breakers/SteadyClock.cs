namespace HotPath.Core.Clearing.Breakers;

/// <summary>
/// A clock whose UTC never steps: it starts at the wall clock's and goes on by the timestamp. For Polly, which measures durations by UTC: a wall
/// clock set back an hour would keep a breaker open an hour longer (F23).
/// </summary>
internal sealed class SteadyClock(TimeProvider clock) : TimeProvider
{
    private readonly DateTimeOffset _startedAt = clock.GetUtcNow();
    private readonly long _startedTimestamp = clock.GetTimestamp();

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _startedAt + clock.GetElapsedTime(_startedTimestamp);

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        clock.CreateTimer(callback, state, dueTime, period);
}
