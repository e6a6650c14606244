using System.IO.Pipelines;
using HotPath.Core.Runtime;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>
/// Runs the reader of a <see cref="Pipe"/> on Core's scheduler, and allocates nothing for it (the framework's own allocates for each). For a pipe with one reader and a writer that
/// never waits: there is never more than one thing to run.
/// </summary>
internal sealed class PostedPipeScheduler(IScheduler scheduler) : PipeScheduler, IThreadPoolWorkItem
{
    private Action<object?>? _action;
    private object? _state;

    public override void Schedule(Action<object?> action, object? state)
    {
        (_action, _state) = (action, state);
        scheduler.Post(this);
    }

    public void Execute()
    {
        (Action<object?>? action, object? state) = (_action, _state);
        (_action, _state) = (null, null);
        action!(state);
    }
}
