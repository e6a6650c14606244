using HotPath.Core.Model;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Notify;

/// <summary>What follows from an attempt: acknowledged, again later, or given up.</summary>
public sealed partial class Notifier
{
    // Until the book is asked again, for anything.
    private const long NotSentPauseMs = 1_000;

    private long _bookRestsUntilMs = long.MinValue;

    private void TakeEnded(long nowMs)
    {
        while (_ended.TryDequeue(out Delivery? delivery))
        {
            _underWay--;
            // Of a store that was given up meanwhile: what it was for is shown again.
            if (_lanes.GetValueOrDefault(delivery.Notification.Lane.InstId) == delivery.Notification.Lane)
            {
                Follow(delivery, nowMs);
            }
            if (delivery.IsReusable)
            {
                _free.Push(delivery);
            }
        }
    }

    private void Follow(Delivery delivery, long nowMs)
    {
        Notification notification = delivery.Notification;
        Lane lane = notification.Lane;
        switch (delivery.Outcome)
        {
            case SendOutcome.Acknowledged:
                _metrics.Delivered(delivery.Took.TotalSeconds, (nowMs - notification.SinceMs) / 1000.0);
                bool wasPaused = lane.IsPaused;
                lane.Acknowledged(notification, MaxConcurrentOf(lane));
                Leave(notification, KeptAs.Nothing);
                if (wasPaused)
                {
                    LogBack(lane.InstId.ToString(), lane.Waiting);
                }
                break;
            case SendOutcome.NotInBook:
                lane.PutBack(notification, null);
                Leave(notification, KeptAs.Nothing);
                LogNotInBook(notification.Id.ToString(), lane.InstId.ToString());
                break;
            case SendOutcome.NotSent:
                lane.PutBack(notification, nowMs + NotSentPauseMs);
                Rest(delivery.Failure!, nowMs);
                break;
            case SendOutcome.NotMade:
                _metrics.Failed(SendOutcomes.Name(delivery.Outcome), delivery.Took.TotalSeconds);
                LogNotMade(delivery.Failure!, notification.Id.ToString());
                Fail(notification, delivery.Outcome, nowMs);
                break;
            default:
                _metrics.Failed(SendOutcomes.Name(delivery.Outcome), delivery.Took.TotalSeconds);
                Fail(notification, delivery.Outcome, nowMs);
                break;
        }
    }

    // All of them would fail alike: nothing is begun for a second, and one line says so.
    private void Rest(Exception failure, long nowMs)
    {
        if (nowMs >= _bookRestsUntilMs)
        {
            LogNotSent(failure);
        }
        _bookRestsUntilMs = nowMs + NotSentPauseMs;
    }

    private void Fail(Notification notification, SendOutcome outcome, long nowMs)
    {
        Lane lane = notification.Lane;
        notification.Attempts++;
        notification.Last = outcome;
        TimeSpan? delay = NotifySchedule.DelayAfter(notification.Attempts, _options.Chance);
        // Of one that waited out the whole schedule without its turn, since the institution was away, the next time is past as well.
        bool isOver = delay is null || (lane.IsPaused && IsOverAge(notification, nowMs));
        long dueMs = isOver ? nowMs : nowMs + (long)delay!.Value.TotalMilliseconds;
        long? nextMs = isOver ? null : dueMs;
        if (outcome == SendOutcome.NotMade)
        {
            // Nothing was asked of the institution.
            lane.PutBack(notification, nextMs);
        }
        else if (lane.Failed(notification, nextMs, nowMs))
        {
            LogAway(lane.InstId.ToString(), Lane.FailuresToPause, SendOutcomes.Name(outcome), lane.Waiting);
        }
        if (isOver)
        {
            notification.DueMs = nowMs;
            Leave(notification, KeptAs.DeadLetter);
            lane.Dead++;
            _metrics.GivenUp(1);
            LogGivenUp(notification.Id.ToString(), lane.InstId.ToString(), notification.Attempts, SendOutcomes.Name(outcome));
        }
        else
        {
            Change(notification, KeptAs.Waiting);
        }
    }

    private static bool IsOverAge(Notification notification, long nowMs) => nowMs - notification.SinceMs > (long)NotifySchedule.Length.TotalMilliseconds;

    /// <summary>It waits no longer.</summary>
    private void Leave(Notification notification, KeptAs keep)
    {
        notification.Lane.Waiting--;
        Change(notification, keep);
    }

    private int MaxConcurrentOf(Lane lane) => _institutions.Find(lane.InstId)?.NotifyTarget?.MaxConcurrent ?? 1;

    [LoggerMessage(EventId = 600, Level = LogLevel.Warning, Message = "the book cannot be read; notifications wait, and it is tried again in a second")]
    private partial void LogNotSent(Exception failure);

    [LoggerMessage(EventId = 610, Level = LogLevel.Warning, Message = "notification {NotifyId} cannot be made of what the book holds; it is tried again by the schedule")]
    private partial void LogNotMade(Exception failure, string notifyId);

    // No address in these lines: of a notify_url the query may be a secret.
    [LoggerMessage(EventId = 603, Level = LogLevel.Warning,
        Message = "{Institution} does not acknowledge: {Failures} attempts in a row failed, the last {Outcome}. One each 30 s is tried; {Waiting} notifications wait")]
    private partial void LogAway(string institution, int failures, string outcome, long waiting);

    [LoggerMessage(EventId = 604, Level = LogLevel.Information, Message = "{Institution} acknowledges again; {Waiting} notifications wait")]
    private partial void LogBack(string institution, long waiting);

    [LoggerMessage(EventId = 605, Level = LogLevel.Warning,
        Message = "notification {NotifyId} of {Institution} is a dead letter after {Attempts} attempts, the last {Outcome}: hotpath notify resend")]
    private partial void LogGivenUp(string notifyId, string institution, int attempts, string outcome);

    [LoggerMessage(EventId = 606, Level = LogLevel.Warning, Message = "notification {NotifyId} of {Institution} is dropped: the book has no such final trade or refund of it")]
    private partial void LogNotInBook(string notifyId, string institution);
}
