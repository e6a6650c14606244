namespace HotPath.Core.Notify;

/// <summary>Brings a notification to its institution, once.</summary>
public interface INotifySender : IDisposable
{
    /// <summary>Posts <paramref name="body"/>. What the network or the institution does is in the result: nothing is thrown for it.</summary>
    /// <param name="address">The institution's notify_url.</param>
    /// <param name="body">The signed notification, JSON; the caller's, and free again when this has returned.</param>
    ValueTask<SendOutcome> SendAsync(Uri address, ReadOnlyMemory<byte> body);
}
