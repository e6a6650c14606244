using HotPath.Core.Clearing;
using HotPath.Host.Simulator;
using Xunit;

namespace HotPath.Host.Tests.Simulator;

/// <summary>A channel that is made slow or erring while it runs.</summary>
public sealed class DrillTests
{
    [Fact]
    public void Errors_AreSoManyOfAHundred_AndEverySecondOneIsExecuted()
    {
        var drill = new Drill();
        Assert.True(drill.TrySet(latency: null, errors: "31"));
        DrillError[] hundred = [.. Enumerable.Range(0, 100).Select(_ => drill.Next())];
        Assert.Equal((69, 16, 15), (hundred.Count(error => error == DrillError.None), hundred.Count(error => error == DrillError.Lost), hundred.Count(error => error == DrillError.Executed)));
        // Spread: no ten in a row without one.
        Assert.All(hundred.Chunk(10), ten => Assert.Contains(ten, error => error != DrillError.None));
    }

    [Theory]
    [InlineData("61s", null)]
    [InlineData("soon", null)]
    [InlineData(null, "101")]
    [InlineData(null, "-1")]
    [InlineData(null, "some")]
    public void WhatCannotBeRead_ChangesNothing(string? latency, string? errors)
    {
        var drill = new Drill();
        Assert.True(drill.TrySet("11s", "100"));
        Assert.False(drill.TrySet(latency, errors));
        Assert.Equal(TimeSpan.FromSeconds(11), drill.Latency);
        Assert.NotEqual(DrillError.None, drill.Next());
    }

    [Fact]
    public async Task OverHttp_ItErrsAndIsWellAgain()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync(hasDrill: true);
        using var http = new HttpClient();
        async Task<int> Drill(string query) => (int)(await http.PostAsync(new Uri(channel.BaseAddress, "/drill" + query), null)).StatusCode;
        Assert.Equal(204, await Drill("?errors=100"));
        ClearingReference lost = channel.Reference(100);
        ClearingReference executed = channel.Reference(100);
        Assert.Equal(ClearingOutcome.Unknown, (await channel.PayAsync(executed)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, (await channel.PayAsync(lost)).Outcome);
        ClearingOutcome[] found = [await channel.InquireAsync(executed), await channel.InquireAsync(lost)];
        Assert.Equal([ClearingOutcome.NotFound, ClearingOutcome.Succeeded], found.Order().Reverse());
        Assert.Equal(400, await Drill("?errors=all"));
        Assert.Equal(204, await Drill(""));
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.PayAsync(channel.Reference(100))).Outcome);
    }

    [Fact]
    public async Task WithoutTheOption_NobodyCanMakeItErr()
    {
        await using SimulatedChannel channel = await SimulatedChannel.StartAsync();
        using var http = new HttpClient();
        Assert.NotEqual(204, (int)(await http.PostAsync(new Uri(channel.BaseAddress, "/drill?errors=100"), null)).StatusCode);
        Assert.Equal(ClearingOutcome.Succeeded, (await channel.PayAsync(channel.Reference(100))).Outcome);
    }
}
