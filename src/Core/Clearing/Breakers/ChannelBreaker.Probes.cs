using HotPath.Core.Model;

namespace HotPath.Core.Clearing.Breakers;

/// <summary>The way back: while open, exactly one probe every 30 s, each with a deadline (protocol, section 6).</summary>
public sealed partial class ChannelBreaker
{
    private void TickIn(TimeSpan time)
    {
        _tickDueAt = _clock.GetTimestamp() + (long)(time.TotalSeconds * _clock.TimestampFrequency);
        _prober.Change(time, Timeout.InfiniteTimeSpan);
    }

    private void StopTicks() => _prober.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    // While open: it is time for a probe. While half-open: the probe has had its time.
    private void OnTimer()
    {
        int number;
        lock (_lock)
        {
            // One that was queued before the timer was set anew, or a little early: it comes again when it is time.
            TimeSpan early = _clock.GetElapsedTime(_clock.GetTimestamp(), _tickDueAt);
            if (early > TimeSpan.Zero && _state != BreakerState.Closed && !_isManual)
            {
                _prober.Change(early + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                return;
            }
            if (_state == BreakerState.HalfOpen)
            {
                FailProbe();
                return;
            }
            if (_state != BreakerState.Open || _isManual)
            {
                return;
            }
            number = _probeNumber = ++_probes;
            Enter(BreakerState.HalfOpen, BreakerCause.ProbeDue, "");
            TickIn(_options.ProbeDeadline);
        }
        _ = ProbeAsync(number);
    }

    private async Task ProbeAsync(int number)
    {
        bool isAlive = await _probe();
        lock (_lock)
        {
            if (_probeNumber != number)
            {
                return;
            }
            if (isAlive)
            {
                Close(BreakerCause.ProbeAnswered);
            }
            else
            {
                FailProbe();
            }
        }
    }

    // The next one is due when it would have been without this one's taking time.
    private void FailProbe()
    {
        TimeSpan took = _clock.GetElapsedTime(_enteredAt);
        _probeNumber = 0;
        Enter(BreakerState.Open, BreakerCause.ProbeFailed, "");
        TickIn(_options.ProbeEvery > took ? _options.ProbeEvery - took : TimeSpan.Zero);
    }
}
