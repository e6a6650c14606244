using HotPath.Faults.Processes;
using Xunit;

namespace HotPath.Faults.Tests.Processes;

/// <summary>The short story of <c>./dev fault channels</c>: real processes, the breakers' real times, a minute.</summary>
public sealed class ChannelStoryTests
{
    [Fact]
    public async Task ChannelThatIsKilledOrStopped_IsLeftAloneAndCalledAgain_AndEveryTradeEndsAtOneChannel()
    {
        var output = new StringWriter();
        string pictures = Directory.CreateTempSubdirectory("hotpath-pictures-").FullName;
        try
        {
            int code = await ChannelsVerb.Create(output).Parse(["--short", "--out", pictures, "--hotpath", Path.Combine(AppContext.BaseDirectory, "hotpath.dll")]).InvokeAsync();
            Assert.True(code == 0, output.ToString());
            Assert.Contains("Kill: left alone after", output.ToString(), StringComparison.Ordinal);
            Assert.Contains("Stop: left alone after", output.ToString(), StringComparison.Ordinal);
            Assert.Equal(["kill.svg", "stop.svg"], Directory.GetFiles(pictures).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(pictures, recursive: true);
        }
    }
}
