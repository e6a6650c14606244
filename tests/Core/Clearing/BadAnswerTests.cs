using System.Diagnostics;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>
/// A channel's answer is input too: every kind of nonsense, to everything a channel is asked for, by every adapter. Never SUCCESS on it, never an exception, counted by kind; in
/// bounded time and memory, and the next call is served (issue "Bad input", failure model F16).
/// </summary>
public abstract class BadAnswerTests
{
    /// <summary>The adapters' deadline here, on virtual time: what hangs ends with it, and an answer that comes is never late, however busy the machine is.</summary>
    protected static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    // Of all that ends by itself, on a machine that does other things too.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    // 200 MB are sent; what the adapter, its pools and this test make of them is far less.
    private const long MostBytes = 60_000_000;

    private readonly ClearingReference _payment = Payments.NewReference();
    private readonly ClearingReference _refund = Payments.NewRefund(1200);

    protected async Task ProveAsync(string nonsense, Operation operation, IHostileChannel channel)
    {
        ClearingReference reference = operation == Operation.Refund ? _refund : _payment;
        Nonsense row = channel.Rows.Single(one => one.Name == nonsense);
        // The connection is there, and the channel in its right mind.
        await UntilServedAsync(new Caller(channel.Adapter), channel.Clock);
        var caller = new Caller(channel.Adapter);
        channel.GoMad(nonsense);
        long before = GC.GetTotalAllocatedBytes(precise: true);

        Task<ClearingResult> doing = caller.DoAsync(operation, reference);
        if (row.EndsAtTheDeadline(operation))
        {
            await channel.HasSaidEnough.WaitAsync(Longest);
            if (row.Kind is { } saidBefore and not BadAnswer.TooSlow)
            {
                await HearAsync(caller, saidBefore);
            }
            channel.Clock.Advance(Deadline - TimeSpan.FromMilliseconds(1));
            Assert.False(doing.IsCompleted);
            channel.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
        ClearingResult result = await doing.WaitAsync(Longest);

        Assert.Equal(row.IsHarmless ? channel.HonestOutcome(operation) : ClearingOutcome.Unknown, result.Outcome);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, MostBytes);
        if (row.Kind is { } kind)
        {
            await HearAsync(caller, kind);
        }
        BadAnswer[] heard = caller.Heard;
        channel.GoMad(null);
        // It may have to lose its connection first, or to wait until the channel has said all of it.
        await UntilServedAsync(caller, channel.Clock);
        // Late: what drips is whole in the end.
        BadAnswer[] mayBe = [.. row.Kind is { } counted ? new[] { counted } : [], .. row.Also, BadAnswer.Late];
        Assert.All(heard, one => Assert.Contains(one, mayBe));
    }

    private static async Task UntilServedAsync(Caller caller, FakeTimeProvider clock)
    {
        long startedAt = Stopwatch.GetTimestamp();
        while ((await caller.SendAsync(Payments.NewReference()).WaitAsync(Longest)).Outcome != ClearingOutcome.Succeeded)
        {
            Assert.InRange(Stopwatch.GetElapsedTime(startedAt), TimeSpan.Zero, Longest);
            // A connection that is made anew may pause before.
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2);
        }
    }

    private static async Task HearAsync(Caller caller, BadAnswer kind)
    {
        using var limit = new CancellationTokenSource(Longest);
        while (!caller.Heard.Contains(kind))
        {
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>A way to answer nonsense.</summary>
    /// <param name="Name">Of the case.</param>
    /// <param name="Kind">What it is counted as; null: as nothing, for nothing was said.</param>
    /// <param name="IsHarmless">The call is answered all the same: the nonsense comes beside its answer.</param>
    /// <param name="Also">What else may be counted, of a connection that goes with it.</param>
    public sealed record Nonsense(string Name, BadAnswer? Kind, bool IsHarmless = false, params BadAnswer[] Also)
    {
        /// <summary>Nothing but the deadline ends the call.</summary>
        public Func<Operation, bool> EndsAtTheDeadline { get; init; } = static _ => false;
    }

    /// <summary>A channel that can be told to answer nonsense.</summary>
    public interface IHostileChannel : IAsyncDisposable
    {
        internal IClearingAdapter Adapter { get; }

        IReadOnlyList<Nonsense> Rows { get; }

        /// <summary>The adapter's.</summary>
        FakeTimeProvider Clock { get; }

        /// <summary>Of nonsense that only the deadline ends: it was asked, and has said so much that the adapter has heard of it.</summary>
        Task HasSaidEnough { get; }

        /// <summary>From now on it answers so; null: sense, and what still drips comes at once.</summary>
        void GoMad(string? nonsense);

        ClearingOutcome HonestOutcome(Operation operation) => operation == Operation.Reverse ? ClearingOutcome.Reversed : ClearingOutcome.Succeeded;
    }

    protected static TheoryData<string, Operation> Cases(IEnumerable<Nonsense> rows, Func<Nonsense, Operation, bool> exists)
    {
        var cases = new TheoryData<string, Operation>();
        foreach (Nonsense row in rows)
        {
            foreach (Operation operation in Enum.GetValues<Operation>().Where(operation => exists(row, operation)))
            {
                cases.Add(row.Name, operation);
            }
        }
        return cases;
    }
}
