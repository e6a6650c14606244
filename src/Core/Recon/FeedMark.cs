namespace HotPath.Core.Recon;

/// <summary>Up to which moment everything that became durable has been shown to those who keep rows. One thread's own.</summary>
internal sealed class FeedMark(Func<CancellationToken, ValueTask> catchUp, TimeProvider clock) : IDisposable
{
    /// <summary>How long to wait between two questions.</summary>
    internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private Task? _asked;
    private long _askedAtMs;
    private long _coveredMs;

    /// <summary>True when it has come past <paramref name="unixMs"/>; asks for it where it has not, and is to be called again.</summary>
    internal bool Covers(long unixMs)
    {
        if (_asked is { IsCompleted: true })
        {
            _coveredMs = _asked.IsCompletedSuccessfully ? _askedAtMs : _coveredMs;
            _asked = null;
        }
        long nowMs = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (_coveredMs > nowMs)
        {
            // The clock had leapt ahead, and has come back.
            _coveredMs = 0;
        }
        if (_coveredMs >= unixMs)
        {
            return true;
        }
        if (_asked is null)
        {
            _askedAtMs = nowMs;
            _asked = catchUp(_stop.Token).AsTask();
            return Covers(unixMs, isCompleted: _asked.IsCompletedSuccessfully);
        }
        return false;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private bool Covers(long unixMs, bool isCompleted) => isCompleted && Covers(unixMs);
}
