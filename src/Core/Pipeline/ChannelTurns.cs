using HotPath.Core.Clearing;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Gives turns at one channel for as long as somebody is due and the channel's budget allows it. Called whenever one of the two may have changed; while one
/// caller gives turns, the others only leave word that he is to look again.
/// </summary>
internal sealed class ChannelTurns(Channel channel, PendingSchedule schedule, LookSchedule looks, Action<Channel, Turn> begin, Action<Channel, Look> look)
{
    // One turn in so many is for a look: whether a channel keeps its word is asked beside any crowd.
    private const int TurnsToALook = 8;

    // Calls since the one who gives turns began.
    private int _calls;
    private int _turns;
    private bool _wasClosed = true;

    private volatile bool _isStopped;

    // Somebody is due, and there was no token for him.
    private volatile bool _isShort;

    /// <summary>Somebody waits for nothing but a token.</summary>
    internal bool IsShort => _isShort;

    /// <summary>Called some times a second, by one thread at a time.</summary>
    internal void Look(bool isBusy)
    {
        bool isClosed = channel.Breaker.IsClosed;
        if (isClosed && !_wasClosed)
        {
            channel.Inquiries.BeginAgain();
        }
        _wasClosed = isClosed;
        channel.Inquiries.Look(isBusy || channel.IsCrowded);
        Give();
    }

    /// <summary>No turn begins from now on: those under way are about to end, and the ledger will be closed.</summary>
    internal void Stop() => _isStopped = true;

    internal void Give()
    {
        int seen = Interlocked.Increment(ref _calls);
        if (seen != 1)
        {
            return;
        }
        int before;
        do
        {
            before = Volatile.Read(ref _calls);
            GiveAll();
        }
        while (Interlocked.CompareExchange(ref _calls, 0, before) != before);
    }

    // A channel that is left alone is left alone: nobody's turn comes, and nobody is moved.
    private void GiveAll()
    {
        _isShort = false;
        while (!_isStopped && channel.Breaker.IsClosed)
        {
            bool isForCancels = !channel.Inquiries.HasRoom(isForCancel: false);
            bool hasDue = schedule.HasDue(channel, isForCancels);
            bool hasLook = !isForCancels && looks.HasDue(channel);
            if (!hasDue && !hasLook)
            {
                return;
            }
            if (!channel.Inquiries.TryTake(isForCancels))
            {
                _isShort = channel.Inquiries.HasRoom(isForCancels);
                return;
            }
            bool isForLook = hasLook && (!hasDue || ++_turns % TurnsToALook == 0);
            if (isForLook && looks.TryTakeDue(channel, out Look due))
            {
                look(channel, due);
            }
            else if (schedule.TryTakeDue(channel, isForCancels, out Turn turn))
            {
                begin(channel, turn);
            }
            else
            {
                channel.Inquiries.Unspent();
            }
        }
    }
}
