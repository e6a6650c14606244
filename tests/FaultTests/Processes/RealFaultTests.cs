using HotPath.Faults.Processes;
using Xunit;

namespace HotPath.Faults.Tests.Processes;

/// <summary>A point of each of three kinds, of the suite that <c>./dev fault</c> runs at length (and CI in its short form): that it can start, strike, restart and judge at all.</summary>
public sealed class RealFaultTests
{
    [RealFaultTheory]
    [InlineData("kill", 1)]
    [InlineData("write-error", 1)]
    [InlineData("short-write", 1)]
    public async Task Process_IsStruck_AndBreaksNoPromise(string kind, int points)
    {
        var output = new StringWriter();
        int code = await FaultVerb.Create(output).Parse(
            [kind, "--points", $"{points}", "--seed", "3", "--hotpath", Path.Combine(AppContext.BaseDirectory, "hotpath.dll")]).InvokeAsync();
        Assert.True(code == 0, output.ToString());
        Assert.Contains($"{points} faults struck", output.ToString(), StringComparison.Ordinal);
    }

    private sealed class RealFaultTheoryAttribute : TheoryAttribute
    {
        public RealFaultTheoryAttribute() => Skip = Tool.Missing([Tool.Strace, Tool.Limits]);
    }
}
