namespace HotPath.Bench.Gate;

/// <summary>Something whose allocations are counted.</summary>
/// <param name="Name">As in the baseline.</param>
/// <param name="Calls">Operations in one measurement.</param>
/// <param name="Run">Does them.</param>
internal sealed record GateStage(string Name, int Calls, Func<Task> Run)
{
    /// <summary>A stage that runs on one thread.</summary>
    public static GateStage Of(string name, int calls, Action operation) => new(name, calls, () =>
    {
        for (int i = 0; i < calls; i++)
        {
            operation();
        }
        return Task.CompletedTask;
    });
}
