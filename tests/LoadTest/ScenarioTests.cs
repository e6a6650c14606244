using System.Text.RegularExpressions;
using HotPath.LoadTest.Commands;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;
using HotPath.LoadTest.Scenarios;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class ScenarioTests
{
    private static readonly string[] Names =
    [
        "steady-pay", "ramp-to-saturation", "replay-storm", "bad-signature-flood", "slow-channel", "one-flooding-institution", "million-users", "idle-connections", "http-channel",
        "queries-beside-payments", "batch-queries", "recon-beside-payments", "notifications-drain", "hung-channel", "pending-drain",
        "dead-receivers",
    ];

    public static TheoryData<string> All => [.. Names];

    [Fact]
    public void All_AreOnTheCommandLine()
    {
        Assert.Equal(Names, Scenario.All.Select(static scenario => scenario.Name));
        Assert.Equal(Names, ScenarioCommand.Create().Subcommands.Select(static command => command.Name));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Each_SaysWhatItProvesAndExpects_AndItsHelpSaysIt(string name)
    {
        Scenario scenario = Scenario.All.Single(scenario => scenario.Name == name);
        string help = ScenarioCommand.Create().Subcommands.Single(command => command.Name == name).Description!;

        Assert.EndsWith(".", scenario.Proves, StringComparison.Ordinal);
        Assert.EndsWith(".", scenario.Expects, StringComparison.Ordinal);
        Assert.Contains(scenario.Proves, help, StringComparison.Ordinal);
        Assert.Contains(scenario.Expects, help, StringComparison.Ordinal);
        Assert.True(scenario.Defaults.Rate > 0 && scenario.Defaults.Connections > 0 && scenario.Defaults.Duration > TimeSpan.Zero);
    }

    [Fact]
    public async Task RealSandbox_SteadyPay_HoldsAndVerifiesTheJournal()
    {
        string said = await RunAsync(new SteadyPay(), new ScenarioOptions { Rate = 40, Duration = TimeSpan.FromSeconds(1), Connections = 8 });

        Assert.Matches(@"holds  the gateway stops in order and its journal verifies", said);
        Assert.Matches(@"holds  pay max at most 3000 ms", said);
        Assert.Matches(@"holds  query average at most 300 ms", said);
        Assert.DoesNotContain("MISMATCH", said, StringComparison.Ordinal);
        Assert.True(int.Parse(Regex.Match(said, @"(\d+) signatures verified").Groups[1].Value, null) > 0, said);
    }

    [Fact]
    public async Task RealProcesses_HttpChannel_EndsWithTheDifferenceAndBooksThatAgree()
    {
        string said = await RunAsync(new HttpChannel(), new ScenarioOptions { Rate = 100, Duration = TimeSpan.FromMilliseconds(200), Connections = 4 });

        Assert.Matches(@"HTTP minus timer +-?[\d.]+ +-?\d+ ", said);
        Assert.Matches(@"holds  the channel's books hold every paid trade once: [1-9]\d* executed", said);
        Assert.Equal(2, Regex.Count(said, "holds  the gateway stops in order and its journal verifies"));
        Assert.DoesNotContain("MISMATCH", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Books_APaymentExecutedTwiceOrAskedForTwice_IsSeen()
    {
        string file = Path.GetTempFileName();
        string Line(string reference, string happened, string executed, string duplicate) =>
            $$"""{"event":"{{happened}}","reference":"{{reference}}","executed":{{executed}},"duplicate":{{duplicate}}}""";
        File.WriteAllLines(file, [Line("a", "pay", "true", "false"), Line("b", "pay", "true", "false"), Line("b", "pay", "true", "false"), Line("a", "pay", "true", "true"), Line("c", "pay", "false", "false"), Line("d", "reverse", "true", "false")]);

        (Dictionary<string, int> executed, int repeated) = ClearingUnderTest.ReadBooks(file);
        File.Delete(file);

        Assert.Equal(new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }, executed);
        Assert.Equal(1, repeated);
    }

    [Fact]
    public async Task Program_NotThere_IsSaid() => await Assert.ThrowsAsync<InvalidDataException>(
        () => ScenarioCommand.RunAsync(new SteadyPay(), new ScenarioOptions(), "/nowhere/hotpath.dll", "/tmp", TextWriter.Null, default));

    [Fact]
    public async Task IdleConnections_MoreThanTheGatewayAccepts_AreRefusedBeforeAnythingStarts()
    {
        var stage = new Stage(new ScenarioOptions { Connections = 20_000 }, "/nowhere/hotpath.dll", "/nowhere", TextWriter.Null);

        InvalidDataException refusal = await Assert.ThrowsAsync<InvalidDataException>(() => new IdleConnections().RunAsync(stage, default));

        Assert.Contains("16000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stage_OneBreach_IsABreach()
    {
        var stage = new Stage(new ScenarioOptions(), "", "", TextWriter.Null);
        stage.Expect("one", true, $"1");
        Assert.Equal(Verdicts.Ok, stage.Verdict);

        stage.Expect("two", false, $"3");

        Assert.Equal(5, Verdicts.ExitCodeOf(stage.Verdict));
    }

    [Fact]
    public void Stage_LateGenerator_IsInvalid()
    {
        var stage = new Stage(new ScenarioOptions(), "", "", TextWriter.Null);
        var lane = new Lane(new Pack([], DateTimeOffset.UnixEpoch), 1);
        lane.Record.Sent(6_000_000);

        stage.RequirePunctual(lane);

        Assert.Equal(Verdicts.Invalid, stage.Verdict);
    }

    // Whatever the machine is busy with, a short run may be INVALID; what was seen stands either way.
    private static async Task<string> RunAsync(Scenario scenario, ScenarioOptions options)
    {
        using var output = new StringWriter();
        string folder = Directory.CreateTempSubdirectory("hotpath-scenario").FullName;
        try
        {
            await ScenarioCommand.RunAsync(scenario, options, Path.Combine(AppContext.BaseDirectory, "hotpath.dll"), folder, output, default);
            Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return output.ToString();
    }
}
