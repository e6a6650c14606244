using HotPath.LoadTest.Running;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class TimelineTests
{
    private const long Second = 1_000_000_000;
    private const long Start = 77 * Second;

    [Fact]
    public void Sums_AreTheRecordsTotals()
    {
        RunRecord record = Recorded(seconds: 7, eachSecond: 100);

        Assert.Equal(record.Offered, record.Timeline.Sum(static second => second.Offered));
        Assert.Equal(record.Done, record.Timeline.Sum(static second => second.Done));
        foreach ((string code, long count) in record.Codes)
        {
            Assert.Equal(count, record.Timeline.Sum(second => second.Codes.GetValueOrDefault(code)));
        }
        Assert.Equal(4, record.Codes.Count);
    }

    [Fact]
    public void ArrivalsStandWhereTheyWereDue_AnswersWhereTheyCame()
    {
        var record = new RunRecord();
        record.Begin(Start);
        record.Arrived(Start);
        record.Answered(200, "0000"u8, new CallTimes(Start, Start, Start + (2 * Second) + 1));

        IReadOnlyList<TimelineSecond> timeline = record.Timeline;

        Assert.Equal([1, 0, 0], timeline.Select(static second => second.Offered));
        Assert.Equal([0, 0, 1], timeline.Select(static second => second.Done));
        Assert.InRange(timeline[2].MaxMs, 2000, 2020);
    }

    [Fact]
    public void Percentiles_AreOfTheirSecondOnly()
    {
        var record = new RunRecord();
        record.Begin(Start);
        for (int i = 0; i < 200; i++)
        {
            long end = Start + (i * Second / 100);
            record.Answered(200, "0000"u8, new CallTimes(end - ((i < 100 ? 1 : 300) * 1_000_000), end, end));
        }

        Assert.InRange(record.Timeline[0].MaxMs, 1, 1.1);
        Assert.InRange(record.Timeline[1].P50Ms, 299, 303);
    }

    [Fact]
    public void Cpu_BelongsToTheSecondThatEnds()
    {
        var record = new RunRecord();
        record.Begin(Start);
        record.Used(Start + Second + 20_000_000, new ProcessUse(0.5, 0.25, 100));
        record.Used(Start + (2 * Second) + 30_000_000, new ProcessUse(0.7, 0.35, 110));

        Assert.Equal([0.5, 0.7], record.Timeline.Select(static second => second.ServerCpuSeconds));
        Assert.Equal([100, 110], record.Timeline.Select(static second => second.ResidentMegabytes));
    }

    // A little of everything, answers up to 1.5 s after they were due.
    private static RunRecord Recorded(int seconds, int eachSecond)
    {
        var record = new RunRecord();
        record.Begin(Start);
        for (int i = 0; i < seconds * eachSecond; i++)
        {
            long due = Start + (i * Second / eachSecond);
            record.Arrived(due);
            var times = new CallTimes(due, due, due + (i % 16 * Second / 10));
            switch (i % 20)
            {
                case 0: record.Unanswered(times); break;
                case 1: record.Answered(429, default, times); break;
                case 2: record.Answered(200, "A001"u8, times); break;
                default: record.Answered(200, "0000"u8, times); break;
            }
        }
        return record;
    }
}
