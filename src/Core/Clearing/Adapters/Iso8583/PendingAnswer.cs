using System.Threading.Tasks.Sources;
using HotPath.Core.Runtime;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>A message that was sent and waits for its answer. Pooled: whoever takes the result gives it back.</summary>
/// <remarks>
/// Completed once a use, by whoever took it out of its <see cref="PendingTable"/>. What awaits a payment or a refund is short (<see cref="ClearingCall"/> posts itself, and a
/// result that comes late is put in line, <see cref="ILateResults"/>) and runs where the answer was read; whoever awaits anything else goes on on the scheduler, so that it never holds up the answers behind it.
/// </remarks>
internal sealed class PendingAnswer : IValueTaskSource<ClearingResult>, IThreadPoolWorkItem
{
    private readonly IScheduler _scheduler;
    private readonly Action<PendingAnswer> _release;
    private ManualResetValueTaskSourceCore<ClearingResult> _core;
    private ClearingResult _final;

    /// <param name="scheduler">Where whoever awaits anything but a payment or a refund goes on.</param>
    /// <param name="release">Takes it back.</param>
    internal PendingAnswer(IScheduler scheduler, Action<PendingAnswer> release)
    {
        _scheduler = scheduler;
        _release = release;
    }

    internal ClearingVerb Verb { get; private set; }

    internal ClearingReference Reference { get; private set; }

    /// <summary>Timestamp at which it is given up.</summary>
    internal long DeadlineAt { get; private set; }

    /// <summary>Set by its table.</summary>
    internal MessageId Id { get; set; }

    /// <summary>Bytes that its connection was to send before this message's first.</summary>
    internal long SentFrom { get; set; }

    /// <summary>The connection's own echo: nobody awaits it.</summary>
    internal bool IsUnattended { get; private set; }

    internal ValueTask<ClearingResult> Result => new(this, _core.Version);

    internal void Begin(ClearingVerb verb, in ClearingReference reference, long deadlineAt, bool isUnattended = false)
    {
        Verb = verb;
        Reference = reference;
        DeadlineAt = deadlineAt;
        IsUnattended = isUnattended;
    }

    internal void Complete(in ClearingResult result)
    {
        if (IsUnattended)
        {
            Release();
        }
        else if (Verb is ClearingVerb.Pay or ClearingVerb.Refund)
        {
            _core.SetResult(result);
        }
        else
        {
            _final = result;
            _scheduler.Post(this);
        }
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(_final);

    /// <summary>Nobody has it any more: it was not sent, or its result was taken.</summary>
    internal void Release()
    {
        _core.Reset();
        _release(this);
    }

    ClearingResult IValueTaskSource<ClearingResult>.GetResult(short token)
    {
        ClearingResult result = _core.GetResult(token);
        Release();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<ClearingResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<ClearingResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
