namespace HotPath.Faults.Simulation;

/// <summary>The wall clock of the gateway's machine. It survives the process, and faults step it.</summary>
internal sealed class WallClock
{
    /// <summary>Every run begins at this moment.</summary>
    internal static readonly DateTimeOffset Begin = new(2026, 9, 19, 2, 30, 0, TimeSpan.Zero);

    internal TimeSpan Ahead { get; private set; }

    /// <summary>All the steps forward together: by so much less than 24 h may a req_id be remembered.</summary>
    internal TimeSpan SteppedForward { get; private set; }

    internal bool HasStepped { get; private set; }

    internal void Step(TimeSpan by)
    {
        HasStepped = true;
        Ahead += by;
        SteppedForward += by > TimeSpan.Zero ? by : TimeSpan.Zero;
    }

    internal DateTimeOffset At(long ticks) => Begin + Ahead + TimeSpan.FromTicks(ticks);
}

/// <summary>The gateway's clock in one life: the monotonic side is virtual time, the wall clock is what faults make of it, timers are events.</summary>
internal sealed class VirtualTime(Life life, WallClock wall, Chance chance) : TimeProvider
{
    // A timer fires late, as timers do, and now and then a little early.
    private const int LatestTicks = 10_000;
    private const int EarliestTicks = 5_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => life.Loop.Now;

    public override DateTimeOffset GetUtcNow() => wall.At(life.Loop.Now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private long Due(TimeSpan time)
    {
        long shift = chance.Happens(0.02) ? -chance.Below(EarliestTicks) : chance.Below(LatestTicks);
        return Math.Max(life.Loop.Now, life.Loop.Now + time.Ticks + (time == TimeSpan.Zero ? 0 : shift));
    }

    private sealed class Timer(VirtualTime owner, TimerCallback callback, object? state) : ITimer
    {
        private static readonly Action<object?> FireOne = static setting => ((Setting)setting!).Fire();

        private Setting? _setting;
        private bool _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
            {
                return false;
            }
            _setting = dueTime == Timeout.InfiniteTimeSpan ? null : new Setting(this, period);
            Schedule(dueTime);
            return true;
        }

        public void Dispose()
        {
            _isDisposed = true;
            _setting = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Schedule(TimeSpan dueTime)
        {
            if (_setting is not null)
            {
                owner.Life.Loop.At(owner.Life, owner.Due(dueTime), FireOne, _setting);
            }
        }

        /// <summary>What the timer is set to; one that was changed since is not it any more.</summary>
        private sealed class Setting(Timer timer, TimeSpan period)
        {
            internal void Fire()
            {
                if (timer._setting != this)
                {
                    return;
                }
                if (period == Timeout.InfiniteTimeSpan || period == TimeSpan.Zero)
                {
                    timer._setting = null;
                }
                else
                {
                    timer.Schedule(period);
                }
                timer.Callback(timer.State);
            }
        }

        private TimerCallback Callback => callback;

        private object? State => state;
    }

    private Life Life => life;
}
