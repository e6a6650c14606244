namespace HotPath.Core.Tests.Interleaving;

/// <summary>What an exploration came to.</summary>
/// <param name="Executions">Different interleavings that were run.</param>
/// <param name="IsExhausted">There are no others within the bound.</param>
/// <param name="Failure">What the first failing one broke, and how it went; null when none failed.</param>
internal sealed record Exploration(int Executions, bool IsExhausted, string? Failure);

/// <summary>
/// Runs a scenario once for every way its threads can interleave with at most so many deviations from one fixed order, depth first
/// (delay-bounded scheduling: Emmi, Qadeer, Rakamarić, POPL 2011; nearly all races show with two). Nothing is random: the first failure is the
/// same each time.
/// </summary>
/// <remarks>
/// Each interleaving is one of sequentially consistent memory. What a processor or the compiler may move besides, where a fence is missing, it does
/// not show.
/// </remarks>
internal sealed class Explorer(int deviations, int mostExecutions)
{
    private readonly List<(int Choice, int Of)> _path = [];

    /// <param name="scenario">Adds its threads; what it returns is asked after they have ended, and throws when something is broken.</param>
    internal Exploration Explore(Func<Execution, Action> scenario)
    {
        for (int executions = 1; ; executions++)
        {
            int depth = 0;
            var execution = new Execution(deviations, count => Choose(depth++, count));
            Action verify = scenario(execution);
            execution.Run();
            string? failure = execution.Failure?.ToString() ?? FailureOf(verify);
            if (failure is not null)
            {
                return new Exploration(executions, false, $"{failure}\n{execution.Trace}");
            }
            if (depth < _path.Count)
            {
                throw new InvalidOperationException("the scenario does not repeat: it ended before its choices did");
            }
            while (_path.Count > 0 && _path[^1].Choice + 1 == _path[^1].Of)
            {
                _path.RemoveAt(_path.Count - 1);
            }
            if (_path.Count == 0 || executions == mostExecutions)
            {
                return new Exploration(executions, _path.Count == 0, null);
            }
            _path[^1] = (_path[^1].Choice + 1, _path[^1].Of);
        }
    }

    private int Choose(int depth, int count)
    {
        if (depth == _path.Count)
        {
            _path.Add((0, count));
        }
        return _path[depth].Of == count
            ? _path[depth].Choice
            : throw new InvalidOperationException("the scenario does not repeat: another number of threads can go on than the last time");
    }

    private static string? FailureOf(Action verify)
    {
        try
        {
            verify();
            return null;
        }
        catch (Exception failure)
        {
            return failure.ToString();
        }
    }
}
