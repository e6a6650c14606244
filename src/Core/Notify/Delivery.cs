using HotPath.Core.Auth;
using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Notify;

/// <summary>One attempt: found in the book, signed, sent. Used again by the next one.</summary>
internal sealed class Delivery(Notifier owner, NotificationWriter writer, INotifySender sender, TimeProvider clock) : IThreadPoolWorkItem
{
    private readonly NotificationPage _page = new();
    private Institution _institution = null!;
    private long _beganAt;

    internal Notification Notification { get; private set; } = null!;

    internal SendOutcome Outcome { get; private set; }

    /// <summary>Why nothing was sent; null when something was.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>From being begun to its end.</summary>
    internal TimeSpan Took { get; private set; }

    /// <summary>False when a connection may still be reading the page: an answer is read after everything was sent, a failure may come before.</summary>
    internal bool IsReusable => Outcome is SendOutcome.Acknowledged or SendOutcome.OtherStatus or SendOutcome.OtherBody or SendOutcome.NotInBook;

    internal Delivery For(Notification notification, Institution institution)
    {
        Notification = notification;
        Outcome = SendOutcome.NotSent;
        Failure = null;
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
            // The book stands still or is closed; or this very record of it cannot be read. Nothing was sent, and nothing follows for the institution.
            Outcome = failure is LedgerUnavailableException ? SendOutcome.NotSent : SendOutcome.NotMade;
            Failure = failure;
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
}
