namespace HotPath.Core.Clearing.Breakers;

/// <summary>The last 100 transitions. One caller at a time.</summary>
internal sealed class BreakerHistory
{
    private const int Most = 100;

    private readonly Queue<BreakerTransition> _transitions = new(Most);

    internal void Add(BreakerTransition transition)
    {
        if (_transitions.Count == Most)
        {
            _transitions.Dequeue();
        }
        _transitions.Enqueue(transition);
    }

    internal BreakerTransition[] ToArray() => [.. _transitions];
}
