using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>Whose an answer is, also when the six digits of the STAN have gone round.</summary>
public sealed class PendingTableTests
{
    private long _number;

    [Fact]
    public void Stans_GoRound_AndNoTwoMessagesHaveOneAtOnce()
    {
        var table = new PendingTable(4);
        var waiting = new Queue<PendingAnswer>();
        for (int i = 0; i < (2 * PendingTable.MaxStan) + 10; i++)
        {
            PendingAnswer pending = Add(table);
            Assert.InRange(pending.Id.Stan, 1, PendingTable.MaxStan);
            Assert.DoesNotContain(waiting, other => other.Id.Stan == pending.Id.Stan);
            waiting.Enqueue(pending);
            if (waiting.Count == 4)
            {
                PendingAnswer first = waiting.Dequeue();
                Assert.Equal(PendingMatch.Found, table.Take(first.Id, out PendingAnswer? found));
                Assert.Same(first, found);
            }
        }
    }

    [Fact]
    public void AnswerToAMessageOfTheRoundBefore_FindsNobody_ThoughItsStanIsSomebodyElses()
    {
        var table = new PendingTable(4);
        PendingAnswer old = Add(table);
        MessageId oldId = old.Id;
        table.TakeExpired(long.MaxValue, []);
        PendingAnswer young;
        do
        {
            young = Add(table);
            if (young.Id.Stan != oldId.Stan)
            {
                table.Take(young.Id, out _);
            }
        }
        while (young.Id.Stan != oldId.Stan);

        Assert.Equal(PendingMatch.Nobody, table.Take(oldId, out PendingAnswer? found));
        Assert.Null(found);
        // Not by the time of sending alone, nor by the number alone.
        Assert.Equal(PendingMatch.Nobody, table.Take(young.Id with { SentAt = young.Id.SentAt + 1 }, out _));
        Assert.Equal(PendingMatch.Nobody, table.Take(young.Id with { RetrievalReference = oldId.RetrievalReference }, out _));
        Assert.Equal(PendingMatch.Found, table.Take(young.Id, out found));
        Assert.Same(young, found);
    }

    [Fact]
    public void WhoeverLeft_IsRememberedAsAnsweredOrGivenUp_UntilItsPlaceIsTaken()
    {
        var table = new PendingTable(2);
        PendingAnswer answered = Add(table);
        PendingAnswer givenUp = Add(table);
        MessageId first = answered.Id;
        MessageId second = givenUp.Id;
        table.Take(first, out _);
        var expired = new List<PendingAnswer>();
        table.TakeExpired(givenUp.DeadlineAt, expired);

        Assert.Same(givenUp, Assert.Single(expired));
        Assert.Equal(PendingMatch.Twice, table.Take(first, out _));
        Assert.Equal(PendingMatch.Late, table.Take(second, out _));
        Assert.Equal(PendingMatch.Nobody, table.Take(new MessageId(0, 0, 0), out _));
        Assert.Equal(PendingMatch.Nobody, table.Take(new MessageId(1_000_000, 0, 0), out _));
        Add(table);
        Assert.Equal(PendingMatch.Nobody, table.Take(first, out _));
    }

    [Fact]
    public void FullTable_TakesNoMore_AndATimeThatIsNotOverIsNotGivenUp()
    {
        var table = new PendingTable(3);
        PendingAnswer[] all = [Add(table), Add(table), Add(table)];

        Assert.False(table.TryAdd(NewPending(), 0, 0));
        table.TakeExpired(all[0].DeadlineAt - 1, []);
        Assert.Equal(3, table.Count);
        var left = new List<PendingAnswer>();
        table.TakeAll(left);
        Assert.Equal(all.ToHashSet(), left.ToHashSet());
        Assert.Equal(0, table.Count);
        Assert.Equal(PendingMatch.Nobody, table.Take(all[0].Id, out _));
    }

    private static PendingAnswer NewPending()
    {
        var pending = new PendingAnswer(ThreadScheduler.Instance, _ => { });
        pending.Begin(ClearingVerb.Pay, Payments.NewReference(), deadlineAt: 1000);
        return pending;
    }

    private PendingAnswer Add(PendingTable table)
    {
        PendingAnswer pending = NewPending();
        Assert.True(table.TryAdd(pending, sentAt: 1123155901, retrievalReference: ++_number));
        return pending;
    }
}
