namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// The first failure of the index's disk. From then on nothing the index says about its disk counts: FASTER takes a failed read for a
/// key that is not there, and a key that is not there for an order that may be paid.
/// </summary>
/// <remarks>Shared by the devices of both stores. Any thread.</remarks>
internal sealed class IndexFailure
{
    private readonly Lock _telling = new();
    private Action<Exception>? _stop;

    // Set once, by whichever thread met the failure, before FASTER learns that its call has ended.
    private volatile Exception? _first;

    internal bool HasHappened => _first is not null;

    /// <summary>Whom to tell, at once when it has happened already.</summary>
    internal void WhenItHappens(Action<Exception> stop)
    {
        lock (_telling)
        {
            _stop = stop;
            if (_first is { } first)
            {
                stop(first);
            }
        }
    }

    internal void Report(Exception failure)
    {
        lock (_telling)
        {
            if (_first is null)
            {
                _first = failure;
                _stop?.Invoke(failure);
            }
        }
    }

    /// <exception cref="IOException">It has happened.</exception>
    internal void ThrowIfHappened()
    {
        if (_first is { } first)
        {
            throw new IOException($"the index's disk failed: {first.Message}", first);
        }
    }
}
