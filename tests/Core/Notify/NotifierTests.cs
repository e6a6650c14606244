using System.Text.Json;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using Xunit;

namespace HotPath.Core.Tests.Notify;

#pragma warning disable CA1001 // xunit ends it through IAsyncLifetime.

public sealed class NotifierTests : IAsyncLifetime
{
    private static readonly double[] Delays = [15, 60, 240, 600, 600, 3600, 7200, 21600, 54000];

    private readonly NotifierBench _bench = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _bench.DisposeAsync().AsTask();

    [Fact]
    public async Task AFinalTrade_IsToldOnce_WithTheMembersOfItsQuery()
    {
        NotifyId id = await _bench.EndTradeAsync(status: TradeStatus.Failed);
        _bench.Run(TimeSpan.FromHours(1));
        using JsonDocument told = JsonDocument.Parse(Assert.Single(_bench.Sent).Body);
        Dictionary<string, string> members = told.RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!);
        Assert.Equal(id.ToString(), members["notify_id"]);
        Assert.Equal("TRADE_NOTIFY", members["notify_type"]);
        Assert.Equal("20260919103000", members["notify_time"]);
        Assert.Equal("T" + members["trade_no"], members["notify_id"]);
        Assert.Equal(
            ["currency", "fail_code", "inst_id", "key_id", "merchant_city", "merchant_name", "notify_id", "notify_time", "notify_type", "out_trade_no",
                "refund_status", "total_amount", "total_refunded_amount", "trade_no", "trade_status", "trade_time", "sign"],
            members.Keys);
        Assert.Equal(("FAILED", "B002", "HKD", "88.80", "gw-1"), (members["trade_status"], members["fail_code"], members["currency"], members["total_amount"], members["key_id"]));
        string text = string.Join('&', members.Where(member => member.Key != "sign").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}"));
        Assert.True(NotifierBench.GatewayKey.Verify(System.Text.Encoding.UTF8.GetBytes(text), Convert.FromBase64String(members["sign"])));
    }

    [Fact]
    public async Task NotAcknowledged_ItIsSentTenTimesByTheSchedule_WithTheSameId_ThenItIsADeadLetter()
    {
        _bench.Answer = static _ => new(SendOutcome.OtherBody);
        NotifyId id = await _bench.EndTradeAsync();
        _bench.Run(TimeSpan.FromHours(60));
        Assert.Equal(10, _bench.Sent.Count);
        Assert.All(_bench.Sent, sent => Assert.Contains(id.ToString(), sent.Body, StringComparison.Ordinal));
        for (int i = 0; i < Delays.Length; i++)
        {
            double seconds = (_bench.Sent[i + 1].At - _bench.Sent[i].At).TotalSeconds;
            // A probe of an institution that is away comes 30 s after the last at the soonest, and every delay that is left is longer.
            Assert.InRange(seconds, Delays[i] * 0.9, (Delays[i] * 1.1) + 0.3);
        }
        Assert.Equal(9, _bench.Sent.Zip(_bench.Sent.Skip(1), (one, next) => Math.Round((next.At - one.At).TotalSeconds, 3)).Count(seconds => !Delays.Contains(seconds)));
        Assert.Equal(id, Assert.Single(await ListAsync(isDead: true)).Id);
        Assert.Empty(await ListAsync(isDead: false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RestartedInEveryStage_ItGoesOnWithTheNextOne(bool isCrash)
    {
        _bench.Answer = static _ => new(SendOutcome.TimedOut);
        await _bench.EndTradeAsync();
        for (int stage = 0; stage < Delays.Length; stage++)
        {
            _bench.Run(TimeSpan.FromSeconds(stage == 0 ? 2 : Delays[stage - 1] * 1.2));
            Assert.Equal(stage + 1, _bench.Sent.Count);
            await _bench.RestartAsync(isCrash);
        }
        _bench.Run(TimeSpan.FromHours(20));
        Assert.Equal(10, _bench.Sent.Count);
        Assert.Single(await ListAsync(isDead: true));
    }

    [Fact]
    public async Task CrashedBeforeTheStoreWasWritten_TheJournalShowsItAgain_AndItIsSentAgain()
    {
        NotifyId id = await _bench.EndTradeAsync();
        Notifier notifier = _bench.Notifier;
        notifier.Step();
        notifier.Step();
        Assert.Single(_bench.Sent);
        Assert.Equal(default, notifier.Position);
        await _bench.RestartAsync(isCrash: true);
        Assert.Equal(default, _bench.Notifier.Position);
        var trade = new Trade();
        Assert.True(await _bench.Ledger.FindAsync(id.Number, trade));
        _bench.Show(trade);
        _bench.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(2, _bench.Sent.Count);
        Assert.All(_bench.Sent, sent => Assert.Contains(id.ToString(), sent.Body, StringComparison.Ordinal));
        // And now it is written: another crash sends nothing.
        Assert.Equal(2, _bench.Notifier.Position.NextSequence);
    }

    [Fact]
    public async Task AnInstitutionThatDoesNotAnswer_HoldsUpNoOther_AndIsLeftAloneButForAProbe()
    {
        var never = new TaskCompletionSource<SendOutcome>();
        _bench.Answer = inst => inst == NotifierBench.Names[0] ? new(never.Task) : new(SendOutcome.Acknowledged);
        for (int i = 0; i < 60; i++)
        {
            await _bench.EndTradeAsync(i % 3);
        }
        _bench.Run(TimeSpan.FromSeconds(3));
        Assert.Equal(40, _bench.Sent.Count(sent => sent.Inst != NotifierBench.Names[0]));
        // It is unknown yet: a few at once.
        Assert.Equal(4, _bench.Sent.Count(sent => sent.Inst == NotifierBench.Names[0]));
        _bench.Answer = static inst => new(inst == NotifierBench.Names[0] ? SendOutcome.TimedOut : SendOutcome.Acknowledged);
        never.SetResult(SendOutcome.TimedOut);
        // What waited goes on by itself, on the pool: virtual time must not run ahead of it. The first is tried again after 15 s.
        for (int i = 0; i < 500 && _bench.Sent.Count(sent => sent.Inst == NotifierBench.Names[0]) == 4; i++)
        {
            await Task.Delay(2);
            _bench.Run(TimeSpan.FromMilliseconds(100));
        }
        _bench.Run(TimeSpan.FromMinutes(10));
        // 10 minutes of probes each 30 s, and those before it counted as away.
        Assert.InRange(_bench.Sent.Count(sent => sent.Inst == NotifierBench.Names[0]), 20, 28);
        _bench.Answer = static _ => new(SendOutcome.Acknowledged);
        _bench.Run(TimeSpan.FromMinutes(20));
        Assert.Empty(await ListAsync(isDead: false));
    }

    [Fact]
    public async Task TheBacklogIsInTheStore_AndAWindowOfItInMemory_AndDrainsToItsEnd()
    {
        await using var bench = new NotifierBench(new NotifyOptions { MaxInMemory = 96, Chance = new Random(1) });
        bench.Answer = static _ => new(SendOutcome.Unreachable);
        var ids = new List<string>();
        for (int i = 0; i < 200; i++)
        {
            ids.Add((await bench.EndTradeAsync()).ToString());
        }
        bench.Run(TimeSpan.FromSeconds(20));
        Assert.InRange(bench.Notifier.InMemory, 1, 40);
        bench.Sent.Clear();
        bench.Answer = static _ => new(SendOutcome.Acknowledged);
        bench.Run(TimeSpan.FromHours(2));
        Assert.Equal(ids.Order(), bench.Sent.Select(sent => JsonDocument.Parse(sent.Body).RootElement.GetProperty("notify_id").GetString()!).Order());
        Assert.Equal(0, bench.Notifier.InMemory);
    }

    [Fact]
    public async Task ADeadLetter_ThatIsResent_BeginsAnew()
    {
        _bench.Answer = static _ => new(SendOutcome.OtherStatus);
        NotifyId one = await _bench.EndTradeAsync();
        NotifyId two = await _bench.EndTradeAsync();
        _bench.Run(TimeSpan.FromHours(60));
        Assert.Equal(2, (await ListAsync(isDead: true)).Count);
        _bench.Sent.Clear();
        _bench.Answer = static _ => new(SendOutcome.Acknowledged);
        Assert.Equal(ResendState.Scheduled, await AskAsync(_bench.Notifier.ResendAsync(one)));
        _bench.Run(TimeSpan.FromMinutes(2));
        Assert.Contains(one.ToString(), Assert.Single(_bench.Sent).Body, StringComparison.Ordinal);
        Assert.Equal(1, await AskAsync(_bench.Notifier.ResendDeadAsync(InstId.From(NotifierBench.Names[0]))));
        _bench.Run(TimeSpan.FromMinutes(2));
        Assert.Contains(two.ToString(), _bench.Sent[1].Body, StringComparison.Ordinal);
        Assert.Empty(await ListAsync(isDead: true));
        Assert.Equal(ResendState.NotFound, await AskAsync(_bench.Notifier.ResendAsync(new NotifyId(NotifyType.Refund, one.Number))));
    }

    /// <summary>Of one that has failed nine times the tenth failure would be the last.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneThatWaits_ThatIsResent_BeginsAnew_AlsoAfterACrash(bool isCrash)
    {
        _bench.Answer = static _ => new(SendOutcome.TimedOut);
        NotifyId id = await _bench.EndTradeAsync();
        while (_bench.Sent.Count < 9)
        {
            _bench.Run(TimeSpan.FromSeconds(1));
        }
        _bench.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(9, Assert.Single(await ListAsync(isDead: false)).Attempts);
        DateTimeOffset resent = _bench.Clock.GetUtcNow();
        Assert.Equal(ResendState.Scheduled, await AskAsync(_bench.Notifier.ResendAsync(id)));
        // Its institution counts as away: it is not sent before 30 s are over. Until then the wish is kept, wherever it is.
        _bench.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(9, _bench.Sent.Count);
        if (isCrash)
        {
            await _bench.RestartAsync(isCrash: true);
        }
        _bench.Run(TimeSpan.FromMinutes(10));
        NotificationRow row = Assert.Single(await ListAsync(isDead: false));
        Assert.InRange(row.Attempts, 3, 4);
        Assert.InRange(DateTimeOffset.FromUnixTimeMilliseconds(row.SinceMs), resent.AddSeconds(-1), resent.AddSeconds(5));
        _bench.Run(TimeSpan.FromHours(60));
        Assert.Equal(9 + 10, _bench.Sent.Count);
        Assert.Equal(id, Assert.Single(await ListAsync(isDead: true)).Id);
    }

    [Fact]
    public async Task AwayForLongerThanTheSchedule_WhatWaitedIsGivenUp_AndNotWhatCameLater()
    {
        _bench.Answer = static _ => new(SendOutcome.Unreachable);
        for (int i = 0; i < 20; i++)
        {
            await _bench.EndTradeAsync();
        }
        _bench.Run(TimeSpan.FromHours(20));
        NotifyId later = await _bench.EndTradeAsync();
        _bench.Run(TimeSpan.FromHours(8));
        Assert.Equal(20, (await ListAsync(isDead: true)).Count);
        Assert.Equal(later, Assert.Single(await ListAsync(isDead: false)).Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ALostOrDamagedStore_IsMadeAgain_AndOnlyYoungResultsAreToldAgain(bool isDamaged)
    {
        NotifyId old = await _bench.EndTradeAsync();
        _bench.Run(TimeSpan.FromHours(30));
        NotifyId young = await _bench.EndTradeAsync();
        _bench.Run(TimeSpan.FromHours(1));
        _bench.Sent.Clear();
        await _bench.RestartAsync(isCrash: false, losesStore: !isDamaged);
        if (isDamaged)
        {
            await _bench.Notifier.DisposeAsync();
            byte[] bytes = await File.ReadAllBytesAsync(_bench.StorePath);
            bytes.AsSpan(0, 100).Fill(0x55);
            await File.WriteAllBytesAsync(_bench.StorePath, bytes);
            await _bench.RestartAsync(isCrash: false);
            Assert.Single(Directory.GetFiles(Path.GetDirectoryName(_bench.StorePath)!, "notify.db.2026*"));
        }
        Assert.Equal(default, _bench.Notifier.Position);
        var trade = new Trade();
        foreach (NotifyId id in new[] { old, young })
        {
            Assert.True(await _bench.Ledger.FindAsync(id.Number, trade));
            _bench.Notifier.Ended(trade, id == old ? 1 : 2);
        }
        _bench.Notifier.Shown(new FeedPosition(long.MaxValue, 3, 0));
        _bench.Run(TimeSpan.FromSeconds(5));
        Assert.Contains(young.ToString(), Assert.Single(_bench.Sent).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ShownTwice_ItIsSentOnce()
    {
        NotifyId id = await _bench.EndTradeAsync();
        var trade = new Trade();
        Assert.True(await _bench.Ledger.FindAsync(id.Number, trade));
        _bench.Show(trade);
        _bench.Run(TimeSpan.FromSeconds(5));
        _bench.Show(trade);
        _bench.Run(TimeSpan.FromSeconds(5));
        Assert.Single(_bench.Sent);
    }

    private Task<IReadOnlyList<NotificationRow>> ListAsync(bool isDead) => AskAsync(_bench.Notifier.ListAsync(null, isDead, 1000));

    private async Task<T> AskAsync<T>(Task<T> order)
    {
        for (int i = 0; i < 100 && !order.IsCompleted; i++)
        {
            _bench.Notifier.Step();
            await Task.WhenAny(order, Task.Delay(1));
        }
        return await order;
    }
}
