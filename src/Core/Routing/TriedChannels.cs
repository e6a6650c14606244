using System.Runtime.CompilerServices;
using HotPath.Core.Clearing;

namespace HotPath.Core.Routing;

/// <summary>
/// Channels that were called for one trade and certainly did not get it: none of them is chosen again. A value, so that a payment may carry it across
/// its waits without the heap. <c>default</c> is none.
/// </summary>
public struct TriedChannels
{
    /// <summary>Most attempts at one trade.</summary>
    // Each may take a connection's time out of an answer budget of 2.5 s.
    public const int Most = 8;

    private Channels _channels;
    private int _count;

    public readonly int Count => _count;

    /// <summary>The channel did not get it.</summary>
    /// <exception cref="InvalidOperationException">There are <see cref="Most"/> already: ask <see cref="Count"/> before.</exception>
    public void Add(Channel channel)
    {
        if (_count == Most)
        {
            throw new InvalidOperationException($"{Most} channels were tried; one more is not to be");
        }
        _channels[_count++] = channel;
    }

    public readonly bool Contains(Channel channel)
    {
        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_channels[i], channel))
            {
                return true;
            }
        }
        return false;
    }

    [InlineArray(Most)]
    private struct Channels
    {
        private Channel? _first;
    }
}
