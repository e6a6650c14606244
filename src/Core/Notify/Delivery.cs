using HotPath.Core.Auth;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Notify;

/// <summary>One attempt: found in the book, signed, sent. Used again by the next one.</summary>
internal sealed partial class Delivery(Notifier owner, NotificationWriter writer, INotifySender sender, TimeProvider clock, ILogger logger) : IThreadPoolWorkItem
{
    private readonly NotificationPage _page = new();
    private Institution _institution = null!;
    private long _beganAt;

    internal Notification Notification { get; private set; } = null!;

    internal SendOutcome Outcome { get; private set; }

    /// <summary>From being begun to its end.</summary>
    internal TimeSpan Took { get; private set; }

    /// <summary>False when a connection may still be reading the page: an answer is read after everything was sent, a failure may come before.</summary>
    internal bool IsReusable => Outcome is SendOutcome.Acknowledged or SendOutcome.OtherStatus or SendOutcome.OtherBody or SendOutcome.NotInBook;

    internal Delivery For(Notification notification, Institution institution)
    {
        Notification = notification;
        Outcome = SendOutcome.NotSent;
        _institution = institution;
        _beganAt = clock.GetTimestamp();
        return this;
    }

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        try
        {
            bool isWritten = await WriteAsync();
            Outcome = isWritten ? await sender.SendAsync(_institution.NotifyTarget!.Address, _page.Buffer.Json) : SendOutcome.NotInBook;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The book stands still or is closed: nothing was sent, and nothing follows for the institution.
            LogNotSent(failure, Notification.Id.ToString());
        }
        Took = clock.GetElapsedTime(_beganAt);
        owner.TakeBack(this);
    }

    private async ValueTask<bool> WriteAsync()
    {
        try
        {
            return await writer.WriteAsync(Notification.Id, _institution, _page);
        }
        finally
        {
            owner.IsWritten();
        }
    }

    [LoggerMessage(EventId = 600, Level = LogLevel.Warning, Message = "notification {NotifyId} could not be made; it is tried again")]
    private partial void LogNotSent(Exception failure, string notifyId);
}
