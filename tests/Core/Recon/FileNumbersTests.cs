using HotPath.Core.Model;
using HotPath.Core.Recon;
using Xunit;

namespace HotPath.Core.Tests.Recon;

/// <summary>Numbers looked up in a built file: those that are in it, and no others.</summary>
public sealed class FileNumbersTests : IDisposable
{
    private static readonly ReconFileName Name = new(Rows.Us, Rows.Day, ReconType.Trade);

    private readonly string _root = Directory.CreateTempSubdirectory("hotpath-numbers-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1000)]
    public void EveryNumberOfAFile_IsFound_AndNoneBetweenBeforeOrBehind(int count)
    {
        using FileNumbers numbers = Build(Enumerable.Range(0, count).Select(n => Row(3 * n)));
        for (int n = -2; n < (3 * count) + 2; n++)
        {
            Assert.Equal(n >= 0 && n < 3 * count && n % 3 == 0, numbers.Has(Rows.Number(n)));
        }
        Assert.False(numbers.Has(default));
        Assert.False(numbers.Has(new TradeNo(ulong.MaxValue, ushort.MaxValue)));
    }

    [Fact]
    public void WhatAChannelSays_MayLookLikeTheBeginningOfARow()
    {
        using FileNumbers numbers = Build(Enumerable.Range(0, 100).Select(n =>
        {
            ReconRow row = Row(n);
            row.ChannelTradeNo.Set(n % 3 == 0 ? "\n\n\r\n20260919"u8 : "a,\"\n<END>,1,\n"u8);
            return row;
        }));
        for (int n = 0; n < 100; n++)
        {
            Assert.True(numbers.Has(Rows.Number(n)));
        }
        Assert.False(numbers.Has(Rows.Number(100)));
    }

    private FileNumbers Build(IEnumerable<ReconRow> made)
    {
        var rows = new Rows();
        rows.Trades.AddRange(made);
        var folder = new ReconFolder(_root);
        using var build = new ReconBuild(Name, folder, rows);
        while (build.Step())
        {
        }
        return new FileNumbers(folder.PathOf(Name));
    }

    // Of any length, so that rows begin anywhere in what is read at once.
    private static ReconRow Row(int n)
    {
        ReconRow row = Rows.Trade(n);
        row.OrderNo.Set(System.Text.Encoding.ASCII.GetBytes(new string('T', 1 + (n % 64))));
        return row;
    }
}
