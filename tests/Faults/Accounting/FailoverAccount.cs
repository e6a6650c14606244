using System.Collections.Concurrent;
using System.Globalization;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using HotPath.Faults.Checking;
using HotPath.Faults.Simulation;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HotPath.Faults.Accounting;

/// <summary>What a run is made of.</summary>
internal sealed record AccountPlan(int Payments, int Channels, double Refused, int Callers, int Seed);

/// <summary>What came of a run.</summary>
/// <param name="Answers">How often each code was told last.</param>
/// <param name="Attempts">Trades by the number of channels they went to.</param>
/// <param name="Sums">Of each channel: payments it executed and their sum, in minor units.</param>
/// <param name="Journal">Payments that are SUCCESS in the journal, and their sum.</param>
/// <param name="Broken">Every promise that was broken.</param>
internal sealed record AccountReport(
    IReadOnlyDictionary<string, int> Answers, IReadOnlyDictionary<int, int> Attempts, IReadOnlyDictionary<string, (int Count, long Sum)> Sums, (int Count, long Sum) Journal,
    IReadOnlyList<Broken> Broken, TimeSpan Took);

/// <summary>
/// Failover, accounted for: payments through the real corridor and the real ledger on a real disk, to channels that refuse connections at random; afterwards the
/// journal, the channels' books and what callers were told are laid side by side, to the minor unit. Signatures are HMAC: they have no part in it.
/// </summary>
internal static class FailoverAccount
{
    private static readonly TimeSpan SettleWindow = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(2);
    private static readonly Currency Hkd = Currency.Parse("HKD"u8);

    internal static async Task<AccountReport> RunAsync(AccountPlan plan, string folder)
    {
        var clock = TimeProvider.System;
        long begin = clock.GetTimestamp();
        var metrics = new GatewayMetrics("account");
        RefusingChannel[] houses = [.. Enumerable.Range(1, plan.Channels).Select(number => new RefusingChannel($"house{number}", plan.Refused, plan.Seed + number))];
        var told = new ConcurrentDictionary<string, (string TradeNo, string Code, string Status)>();
        var options = new EmbeddedLedgerOptions { DataDirectory = folder, MaxTrades = 1_000_000, DiskReserveBytes = 0 };
        await using (EmbeddedLedger ledger = EmbeddedLedger.Open(options, ThreadScheduler.Instance, clock, metrics, _ => { }))
        {
            await using Corridor corridor = Build(plan, ledger, houses, metrics, clock);
            await corridor.Resolver.StartAsync();
            int next = 0;
            await Task.WhenAll(Enumerable.Range(0, plan.Callers).Select(_ => Task.Run(async () =>
            {
                var slot = new RequestSlot();
                for (int number = Interlocked.Increment(ref next); number <= plan.Payments; number = Interlocked.Increment(ref next))
                {
                    told[OrderOf(number)] = await PayAsync(corridor, slot, number, clock);
                }
            })));
            long settling = clock.GetTimestamp();
            while (corridor.Resolver.Count > 0 && clock.GetElapsedTime(settling) < SettleLimit)
            {
                await Task.Delay(100);
            }
        }
        IReadOnlyList<JournalTrade> journal = JournalFold.Read(FileStorage.Instance, folder);
        return Compare(plan, journal, houses, told, clock.GetElapsedTime(begin));
    }

    private static Corridor Build(AccountPlan plan, ILedger ledger, RefusingChannel[] houses, GatewayMetrics metrics, TimeProvider clock)
    {
        // By hand: with this many refusals every channel would be left alone, and that is another story.
        Channel[] channels = [.. houses.Select(house => new Channel(
            new ChannelOptions { Id = house.Id, SettleWindow = SettleWindow, Breaker = new BreakerOptions { OpensByItself = false } }, house, ThreadScheduler.Instance, clock, metrics))];
        var router = new Router([.. channels.Select(channel => new Route { Channel = channel, Currencies = new HashSet<Currency> { Hkd }, Priority = 1 })], dice: null);
        var institutions = new InstitutionDirectory(
            [new Institution("INST1", Region.Domestic, Language.English, [Hkd], new KeyRing([new RegisteredKey("k1", new VirtualVerifyingKey("INST1"))]), new Allowance(clock), metrics.ForInstitution("INST1"))]);
        return new Corridor(
            ledger, router, institutions, new GatewayKeys(new VirtualSigningKey("gw-1", VirtualGateway.GatewaySecret)),
            new PipelineOptions { LogSampleEvery = 0, MaxAttempts = Math.Min(plan.Channels, TriedChannels.Most) }, ThreadScheduler.Instance, clock, metrics, NullLoggerFactory.Instance);
    }

    /// <summary>One order, asked for until it is not refused for want of room.</summary>
    private static async Task<(string TradeNo, string Code, string Status)> PayAsync(Corridor corridor, RequestSlot slot, int number, TimeProvider clock)
    {
        while (true)
        {
            var members = new Dictionary<string, string>
            {
                ["version"] = "1.3",
                ["charset"] = "UTF-8",
                ["sign_type"] = "RSA2",
                ["biz_type"] = "SCAN_PAY",
                ["req_time"] = clock.GetUtcNow().AddHours(8).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture),
                ["req_id"] = $"R{number}",
                ["inst_id"] = "INST1",
                ["out_trade_no"] = OrderOf(number),
                ["total_amount"] = string.Create(CultureInfo.InvariantCulture, $"{AmountOf(number) / 100}.{AmountOf(number) % 100:D2}"),
                ["currency"] = "HKD",
                ["trade_type"] = "SCAN",
                ["qr_type"] = "02",
                ["qr_content"] = "https://qr.example.hk/p",
                ["body"] = "tea",
                ["terminal_type"] = "01",
                ["terminal_id"] = "T01",
            };
            byte[] request = Envelope.Sign(members, new VirtualSigningKey("k1", "INST1"));
            request.CopyTo(slot.BodyBuffer);
            slot.SetBody(request.Length);
            slot.ArrivedAt = clock.GetTimestamp();
            await corridor.Pipeline.RunAsync(slot);
            (Dictionary<string, string>? answer, bool _) = slot.HttpStatus == 200 ? Envelope.Read(slot.Answer.Json.Span, new VirtualVerifyingKey(VirtualGateway.GatewaySecret)) : (null, false);
            slot.Clear();
            if (answer is not null && answer["resp_code"] is not ("A001" or "A002"))
            {
                return (answer.GetValueOrDefault("trade_no", ""), answer["resp_code"], answer.GetValueOrDefault("trade_status", ""));
            }
            await Task.Delay(5);
        }
    }

    private static AccountReport Compare(
        AccountPlan plan, IReadOnlyList<JournalTrade> journal, RefusingChannel[] houses, IReadOnlyDictionary<string, (string TradeNo, string Code, string Status)> told, TimeSpan took)
    {
        ChannelEntry[] books = [.. houses.SelectMany(house => house.Books)];
        var broken = new List<Broken>(Checker.Check(new Evidence { Calls = [], Journal = journal, Channel = books, IsSettled = true }));
        var paid = journal.Where(trade => trade.Status == "SUCCESS").ToArray();
        Dictionary<string, (int Count, long Sum)> sums = books.Where(entry => entry.IsExecuted).GroupBy(entry => entry.Channel)
            .ToDictionary(entries => entries.Key, entries => (entries.Count(), entries.Sum(entry => entry.AmountMinor)));
        (int Count, long Sum) total = (paid.Length, paid.Sum(trade => trade.AmountMinor));
        if (sums.Values.Sum(sum => sum.Count) != total.Count || sums.Values.Sum(sum => sum.Sum) != total.Sum)
        {
            broken.Add(new Broken("I7", long.MaxValue, "", "", $"{total.Sum} is SUCCESS in the journal and {sums.Values.Sum(sum => sum.Sum)} was executed"));
        }
        if (journal.Count != plan.Payments || told.Count != plan.Payments)
        {
            broken.Add(new Broken("I1", long.MaxValue, "", "", $"{plan.Payments} orders, {told.Count} answers, {journal.Count} trades in the journal"));
        }
        foreach (JournalTrade trade in journal)
        {
            (string tradeNo, string code, string status) = told[trade.OrderNo];
            bool isTrue = tradeNo == trade.TradeNo && (status == "PENDING" ? code == "0001" : status == trade.Status && code != "0001");
            if (!isTrue || trade.AmountMinor != AmountOf(int.Parse(trade.OrderNo.AsSpan(1), CultureInfo.InvariantCulture)))
            {
                broken.Add(new Broken("I7", long.MaxValue, trade.InstId, trade.OrderNo, $"told {code} {status} of {tradeNo}, and the journal has {trade.TradeNo} {trade.Status} of {trade.AmountMinor}"));
            }
        }
        return new AccountReport(
            told.Values.GroupBy(one => one.Code).ToDictionary(codes => codes.Key, codes => codes.Count()),
            journal.GroupBy(trade => trade.Channels.Count).ToDictionary(trades => trades.Key, trades => trades.Count()),
            sums, total, broken, took);
    }

    private static string OrderOf(int number) => $"O{number}";

    // Different enough that a sum of wrong ones would show.
    private static long AmountOf(int number) => 1 + (number * 7919L % 1_000_003);
}
