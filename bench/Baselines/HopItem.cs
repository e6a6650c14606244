using System.Threading.Tasks.Sources;
using HotPath.Core.Runtime;

namespace HotPath.Bench.Baselines;

/// <summary>
/// Something that goes to another thread, whose sender waits for its arrival. The sender goes on on the pool, as behind a clearing call:
/// on the worker it would hold up the items behind it.
/// </summary>
internal sealed class HopItem : IValueTaskSource, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _arrived;

    /// <summary>Completes on arrival. Await once, then <see cref="Reset"/>.</summary>
    public ValueTask Arrival => new(this, _arrived.Version);

    public void Arrive() => ThreadScheduler.Instance.Post(this);

    /// <summary>Arrives, and the sender goes on on this very thread.</summary>
    public void ArriveHere() => _arrived.SetResult(true);

    void IThreadPoolWorkItem.Execute() => ArriveHere();

    public void Reset() => _arrived.Reset();

    public ValueTaskSourceStatus GetStatus(short token) => _arrived.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _arrived.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token) => _arrived.GetResult(token);
}
