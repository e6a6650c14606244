using HotPath.LoadTest.Commands;
using HotPath.LoadTest.Measuring;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class MeasuringTests
{
    [Fact]
    public void MetricsPage_AddsUpLabels_AndIgnoresComments()
    {
        var page = new MetricsPage("# HELP a b\n# TYPE a counter\na{x=\"1 } 2\"} 2\na{x=\"2\"} 3.5\nb 7e2\nhotpath_process_allocated_bytes_total 12\n");

        Assert.Equal(5.5, page["a"]);
        Assert.Equal(700, page["b"]);
        Assert.Equal(12, page.AllocatedBytes);
        Assert.Equal(0, page["missing"]);
    }

    [Fact]
    public void MemoryTrend_FlatAfterWarmUp_HasNoSlope()
    {
        var trend = new MemoryTrend();
        for (int i = 0; i <= 100; i++)
        {
            trend.Add(i * 1000, i < 20 ? i * 1_000_000 : 20_000_000);
        }

        Assert.Equal(0, trend.BytesPerPayment()!.Value, 3);
    }

    [Fact]
    public void MemoryTrend_Leak_IsItsBytesPerPayment()
    {
        var trend = new MemoryTrend();
        for (int i = 0; i <= 100; i++)
        {
            trend.Add(i * 1000, 1_000_000 + (i * 1000 * 300));
        }

        Assert.Equal(300, trend.BytesPerPayment()!.Value, 3);
    }

    [Fact]
    public void ServerProcess_ReadsThisProcess()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }
        var self = new ServerProcess(Environment.ProcessId);

        Assert.InRange(self.CpuSeconds(), 0.01, 86_400);
        Assert.InRange(self.ResidentBytes(), 10 << 20, 8L << 30);
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("30s", 30)]
    [InlineData("30", 30)]
    [InlineData("5m", 300)]
    public void Durations_AreRead(string text, double seconds)
    {
        Assert.True(CommonOptions.TryParseDuration(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds, 6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-5s")]
    public void Durations_OtherTexts_AreRefused(string text) => Assert.False(CommonOptions.TryParseDuration(text, out _));
}
