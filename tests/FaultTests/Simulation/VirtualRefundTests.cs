using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using HotPath.Faults.Checking;
using HotPath.Faults.Simulation;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>
/// Refunds through the channel, its calls and the answer parser that ship, at a channel that misbehaves in every way it knows: whoever
/// inquires and reverses as the contract says is told in the end what the books say.
/// </summary>
public sealed class VirtualRefundTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(4.5);
    private static readonly TimeSpan InquireEvery = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void RefundsThatRace_AtAMisbehavingChannel_EndAsItsBooksSay_AndNeverExceedThePayment(int seed)
    {
        using var stage = new Stage((ulong)seed);

        stage.Play(payments: 12, refundsOfEach: 8);

        Dictionary<string, ChannelEntry> books = stage.Channel.Books.ToDictionary(entry => entry.TradeNo);
        Assert.DoesNotContain(stage.Check(), broken => broken.Invariant == "I5");
        Assert.All(stage.Ends, end =>
        {
            books.TryGetValue(end.Reference.TradeNo.ToString(), out ChannelEntry? entry);
            bool isTold = end.Outcome == ClearingOutcome.Succeeded;
            // A channel that executes what it confirmed the reversal of breaks its word: a loss that only its books show (F15).
            Assert.True(isTold == (entry is { IsExecuted: true, HasLied: false }) || entry is { HasLied: true }, $"{end}: {string.Join("; ", entry?.Story ?? [])}");
        });
        // Undone refunds would agree with the books too: the payer's money would be gone.
        Assert.DoesNotContain(stage.Channel.Books.Where(entry => entry.IsRefund).SelectMany(entry => entry.Story), line => line.Text.Contains("reverses", StringComparison.Ordinal));
        Assert.All(stage.LateRefunds, late => Assert.True(books[late.TradeNo.ToString()].IsRefund));
        Assert.All(stage.LatePayments, late => Assert.False(books[late.TradeNo.ToString()].IsRefund));
    }

    [Fact]
    public void TheRace_IsOne_AndTheFaultsHappen()
    {
        var faults = new Tally();
        var ends = new List<(ClearingReference Reference, ClearingOutcome Outcome, RespCode Code)>();
        int late = 0;
        for (ulong seed = 1; seed <= 6; seed++)
        {
            using var stage = new Stage(seed);
            stage.Play(payments: 12, refundsOfEach: 8);
            faults.Add(stage.Tally);
            ends.AddRange(stage.Ends.Where(end => end.Reference.IsRefund));
            late += stage.LateRefunds.Count;
        }

        Assert.All(Enum.GetValues<Deed>().Where(deed => deed != Deed.TakesHours), deed => Assert.Contains($"channel {deed}", faults.Counts.Keys));
        Assert.Contains(ends, end => end.Code == RespCode.RefundAmountExceeded);
        Assert.Contains(ends, end => end.Code == RespCode.TradeStateForbids);
        Assert.Contains(ends, end => end.Outcome == ClearingOutcome.Reversed);
        Assert.Contains(ends, end => end.Outcome == ClearingOutcome.NotDelivered);
        Assert.True(late > 0);
    }

    /// <summary>The channel of the gateway on virtual time, and somebody who brings each payment and refund to its end.</summary>
    private sealed class Stage : IDisposable
    {
        private readonly EventLoop _loop;
        private readonly Chance _chance;
        private readonly Channel _channel;
        private readonly Adopter _payments = new();
        private readonly Adopter _refunds = new();
        private uint _lastNumber;

        internal Stage(ulong seed)
        {
            var chance = new Chance(seed);
            Plan plan = Plan.Draw(seed, payments: 1) with { Faults = FaultKinds.Channel, ChannelFaultRate = 0.8, InquiryFaultRate = 0.3, HasLateResults = false };
            _loop = new EventLoop(chance.Branch(1));
            _chance = chance.Branch(2);
            Channel = new VirtualChannel("virtual", plan, _loop.World, chance.Branch(3), Tally);
            var life = new Life(_loop, "gateway");
            var time = new VirtualTime(life, new WallClock(), chance.Branch(4));
            _channel = new Channel(
                new ChannelOptions { Id = "virtual", SettleWindow = VirtualChannel.SettleWindow }, new VirtualAdapter(Channel, life, (_, _) => { }),
                new VirtualScheduler(life), time, new GatewayMetrics("test"))
            {
                LateResults = _payments,
                LateRefunds = _refunds,
            };
        }

        internal VirtualChannel Channel { get; }

        internal Tally Tally { get; } = new();

        internal List<(ClearingReference Reference, ClearingOutcome Outcome, RespCode Code)> Ends { get; } = [];

        internal List<(TradeNo TradeNo, ClearingOutcome Outcome)> LatePayments => _payments.Adopted;

        internal List<(TradeNo TradeNo, ClearingOutcome Outcome)> LateRefunds => _refunds.Adopted;

        public void Dispose() => _loop.Dispose();

        internal void Play(int payments, int refundsOfEach) => _loop.Run(() => Task.WhenAll(Enumerable.Range(0, payments).Select(async _ =>
        {
            ClearingReference payment = Next(10_000);
            await EndAsync(payment);
            // Of payments that failed too: the channel's guard is asked.
            await Task.WhenAll(Enumerable.Range(0, refundsOfEach).Select(_ => EndAsync(Next(_chance.Between(1000, 4000)) with { Original = payment.TradeNo })));
        })));

        internal IReadOnlyList<Broken> Check() =>
            Checker.Check(new Evidence { Calls = [], Journal = [], Channel = Channel.Books, IsSettled = true });

        private async Task EndAsync(ClearingReference reference)
        {
            Assert.True(_channel.TryTakeCredit());
            long sentAtMs = _loop.NowMs;
            ClearingResult result = await SendAsync(reference);
            while (result.Outcome is ClearingOutcome.Unknown or ClearingOutcome.Processing or ClearingOutcome.NotFound)
            {
                await _loop.World.Delay(InquireEvery);
                // Closing a refund is safe at any time; payments are asked for first.
                result = reference.IsRefund && _chance.Happens(0.3) ? await _channel.ReverseAsync(reference) : await _channel.InquireAsync(reference);
                if (result.Outcome == ClearingOutcome.NotFound && _loop.NowMs - sentAtMs > VirtualChannel.SettleWindow.TotalMilliseconds)
                {
                    result = await _channel.ReverseAsync(reference);
                }
            }
            Ends.Add((reference, result.Outcome, result.FailCode));
        }

        private ValueTask<ClearingResult> SendAsync(ClearingReference reference)
        {
            InstId institution = InstId.From("CN000001");
            return reference.IsRefund
                ? _channel.RefundAsync(new RefundOrder(reference, institution), Budget)
                : _channel.PayAsync(
                    new PayOrder
                    {
                        Reference = reference,
                        InstId = institution,
                        TradeType = TradeType.Scan,
                        QrType = QrType.Static,
                        QrContent = "q"u8,
                        Body = "b"u8,
                        TerminalType = "01"u8,
                        TerminalId = "T"u8,
                    },
                    Budget);
        }

        private ClearingReference Next(long amountMinor) =>
            new(new TradeNo(((ulong)WallClock.Begin.ToUnixTimeMilliseconds() << TradeNo.CounterBits) | ++_lastNumber, 7), new Amount(amountMinor), Currency.Parse("CNY"));
    }

    private sealed class Adopter : ILateResults
    {
        internal List<(TradeNo TradeNo, ClearingOutcome Outcome)> Adopted { get; } = [];

        public void Adopt(Channel channel, TradeNo tradeNo, in ClearingResult result) => Adopted.Add((tradeNo, result.Outcome));
    }
}
