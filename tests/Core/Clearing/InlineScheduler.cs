using HotPath.Core.Runtime;

namespace HotPath.Core.Tests.Clearing;

/// <summary>Runs what is posted at once on the caller's thread, so that a test sees every effect when the call returns.</summary>
internal sealed class InlineScheduler : IScheduler
{
    internal static readonly InlineScheduler Instance = new();

    public void Post(IThreadPoolWorkItem item) => item.Execute();

    public void Sleep(TimeSpan time) => throw new NotSupportedException();

    public IWorker StartWorker(string name, IWorkerBody body) => throw new NotSupportedException();
}
