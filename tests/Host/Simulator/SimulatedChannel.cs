using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Host.Simulator;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Host.Tests.Simulator;

/// <summary>
/// A simulator on virtual time behind a real adapter, HTTP or ISO 8583, with books in a folder of its own. The adapter has a clock of its own, which stands still but for
/// <see cref="UnansweredAsync"/>: an answer that comes is never too late, however busy this machine is.
/// </summary>
internal sealed class SimulatedChannel : IAsyncDisposable
{
    private static readonly MessageMac Mac = new(new byte[MessageMac.MinKeyBytes]);

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 4, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _adaptersClock = new(Start);
    private readonly string _directory = Directory.CreateTempSubdirectory("hotpath-books-").FullName;
    private ClearingSimulator? _simulator;
    private readonly bool _isIso8583;
    private IClearingAdapter? _adapter;
    private Channel? _channel;
    private uint _lastNumber;
    private bool _hasDrill;

    private SimulatedChannel(bool isIso8583) => _isIso8583 = isIso8583;

    internal FakeTimeProvider Clock { get; } = new(Start);

    internal string BooksFile => Path.Combine(_directory, "books.jsonl");

    internal long PaysReceived => _simulator!.PaysReceived;

    internal Uri BaseAddress => _simulator!.BaseAddress;

    /// <param name="isIso8583">Otherwise it is HTTP.</param>
    /// <param name="hasDrill">It can be made slow or erring while it runs.</param>
    internal static async Task<SimulatedChannel> StartAsync(bool isIso8583 = false, bool hasDrill = false)
    {
        var channel = new SimulatedChannel(isIso8583) { _hasDrill = hasDrill };
        await channel.StartSimulatorAsync();
        return channel;
    }

    internal async Task RestartAsync()
    {
        await StopAsync();
        await StartSimulatorAsync();
    }

    internal async Task StopAsync()
    {
        await _adapter!.DisposeAsync();
        await _simulator!.DisposeAsync();
    }

    internal Task StartSimulatorAgainAsync() => StartSimulatorAsync();

    internal ClearingReference Reference(long amountMinor) =>
        new(new TradeNo(((ulong)Start.ToUnixTimeMilliseconds() << TradeNo.CounterBits) | ++_lastNumber, 7), new Amount(amountMinor), Currency.Parse("CNY"));

    /// <summary>A refund of this payment, with a number of its own.</summary>
    internal ClearingReference RefundOf(ClearingReference payment, long amountMinor) =>
        Reference(amountMinor) with { Original = payment.TradeNo };

    /// <summary>A payment that was executed and told.</summary>
    internal async Task<ClearingReference> PaidAsync(long amountMinor = 10_000)
    {
        ClearingReference payment = Reference(amountMinor);
        Assert.Equal(ClearingOutcome.Succeeded, (await PayAsync(payment)).Outcome);
        return payment;
    }

    internal Task<ClearingResult> RefundAsync(ClearingReference refund)
    {
        Assert.True(_channel!.TryTakeCredit());
        return _channel.RefundAsync(new RefundOrder(refund, InstId.From("CN000001")), TimeSpan.FromSeconds(30)).AsTask();
    }

    internal Task<ClearingResult> PayAsync(ClearingReference reference)
    {
        var order = new PayOrder
        {
            Reference = reference,
            InstId = InstId.From("CN000001"),
            TradeType = TradeType.Scan,
            QrType = QrType.Static,
            QrContent = "00020101"u8,
            Body = "茶 \"one\""u8,
            TerminalType = "01"u8,
            TerminalId = "T1"u8,
        };
        Assert.True(_channel!.TryTakeCredit());
        return _channel.PayAsync(order, TimeSpan.FromSeconds(30)).AsTask();
    }

    /// <summary>Sends a payment or a refund and comes back when the simulator has booked it.</summary>
    internal async Task<Task<ClearingResult>> BookAsync(ClearingReference reference)
    {
        Task<ClearingResult> answer = reference.IsRefund ? RefundAsync(reference) : PayAsync(reference);
        while (await InquireAsync(reference) == ClearingOutcome.NotFound)
        {
            await Task.Delay(1);
        }
        return answer;
    }

    /// <summary>A payment or a refund that is booked and never answered: the adapter's deadline passes when the books have it.</summary>
    internal async Task<ClearingResult> UnansweredAsync(ClearingReference reference)
    {
        Task<ClearingResult> answer = reference.IsRefund ? RefundAsync(reference) : PayAsync(reference);
        while (!(await File.ReadAllTextAsync(BooksFile)).Contains($"\"reference\":\"{reference.TradeNo}\"", StringComparison.Ordinal))
        {
            await Task.Delay(1);
        }
        // Once this is answered the socket has taken the other, and the adapter knows it: what is stuck at its deadline costs the connection. And no answer was on its way.
        Assert.True(await EchoAsync());
        Assert.False(answer.IsCompleted);
        _adaptersClock.Advance(Deadline);
        return await answer;
    }

    internal async Task<ClearingOutcome> InquireAsync(ClearingReference reference) => (await _adapter!.InquireAsync(reference)).Outcome;

    internal async Task<bool> EchoAsync() => await _adapter!.EchoAsync();

    internal async Task<ClearingOutcome> ReverseAsync(ClearingReference reference) => (await _adapter!.ReverseAsync(reference)).Outcome;

    /// <summary>Lets virtual time pass until the answer is there.</summary>
    internal async Task<ClearingResult> AdvanceUntilAnsweredAsync(Task<ClearingResult> answer, TimeSpan atMost)
    {
        DateTimeOffset end = Clock.GetUtcNow() + atMost;
        while (!answer.IsCompleted && Clock.GetUtcNow() < end)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(answer, Task.Delay(20));
        }
        return await answer;
    }

    internal IReadOnlyList<JsonElement> Lines(string eventName) =>
        [.. File.ReadAllLines(BooksFile).Select(line => JsonDocument.Parse(line).RootElement).Where(line => line.GetProperty("event").GetString() == eventName)];

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartSimulatorAsync()
    {
        var options = new SimulatorOptions { BooksDirectory = _directory, ChannelLatency = TimeSpan.Zero, Iso8583Port = 0, Iso8583Mac = Mac, HasDrill = _hasDrill };
        _simulator = await ClearingSimulator.StartAsync(options, Clock);
        _adapter = _isIso8583
            ? new Iso8583ClearingAdapter(
                // One connection: what is answered on it was sent behind all that was asked before.
                new Iso8583Options { Host = "127.0.0.1", Port = _simulator.Iso8583Address!.Port, Connections = 1, Deadline = Deadline, Mac = Mac },
                ThreadScheduler.Instance, _adaptersClock)
            : new HttpClearingAdapter(new HttpClearingOptions { BaseAddress = _simulator.BaseAddress, Deadline = Deadline }, _adaptersClock);
        _channel = new Channel(
            new ChannelOptions { Id = "simulator" }, _adapter, ThreadScheduler.Instance, TimeProvider.System, new GatewayMetrics("test"));
    }
}
