using System.Net.Sockets;
using System.Text;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Pipeline;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Clearing.Iso8583;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>Why a channel's connection is not there is said once, and that it is back; how many there are stands in the metrics.</summary>
public sealed class ConnectionLogTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _clock = new();
    private readonly GatewayMetrics _metrics = new("test");
    private readonly Lines _lines = new();

    [Fact]
    public async Task ConnectionThatCannotBeMade_IsToldOnceWithItsReason_AndAgainWhenItIsThere_AndWhenTheChannelClosesIt()
    {
        await using var server = new IsoServer((_, stream) => { stream.Close(); return Task.CompletedTask; });
        var real = new ChannelDialer("127.0.0.1", server.Port, isTls: false, authority: null, Patience, TimeProvider.System);
        int dials = 0;
        bool fails = true;
        await using var adapter = new Iso8583ClearingAdapter(server.Options with { Connections = 2 }, ThreadScheduler.Instance, _clock, stop =>
        {
            Interlocked.Increment(ref dials);
            return Volatile.Read(ref fails) ? throw new SocketException((int)SocketError.ConnectionRefused) : real.DialAsync(stop);
        });
        var channel = new Channel(new ChannelOptions { Id = "thai" }, adapter, ThreadScheduler.Instance, _clock, _metrics);
        new ConnectionLog(_lines, _clock).Watch(channel);

        await StepUntilAsync(() => Volatile.Read(ref dials) >= 8);
        Assert.Equal(2, _lines.All.Length);
        Assert.All(_lines.All, line => Assert.Matches("^Warning 232 channel thai: connection [12] of 2 is not there, 0 are: SocketException: Connection refused$", line));
        Assert.Equal(("0", "2"), (await GaugeAsync("up"), await GaugeAsync("wanted")));

        Volatile.Write(ref fails, false);
        await StepUntilAsync(() => _lines.All.Length == 4);
        Assert.All(_lines.All[2..], line => Assert.Matches("^Information 233 channel thai: connection [12] of 2 is there again, [12] are$", line));
        Assert.Equal("2", await GaugeAsync("up"));

        _clock.Advance(ConnectionLog.Pause);
        Volatile.Write(ref fails, true);
        Assert.Equal(ClearingOutcome.Unknown, (await adapter.InquireAsync(ClearingReference.Nobodys)).Outcome);
        await StepUntilAsync(() => _lines.All.Length == 5);
        Assert.Matches("^Warning 232 channel thai: connection [12] of 2 is not there, 1 are: the channel closed it$", _lines.All[4]);
    }

    /// <summary>A channel that takes a connection and drops it, again and again, does not fill the log.</summary>
    [Fact]
    public void ConnectionThatComesAndGoes_IsToldOnceInAPause_AndALossThatLastsAllTheSame()
    {
        var adapter = new Flapping();
        new ConnectionLog(_lines, _clock).Watch(new Channel(new ChannelOptions { Id = "thai" }, adapter, ThreadScheduler.Instance, _clock, _metrics));
        for (int i = 0; i < 20; i++)
        {
            adapter.Tell(new ConnectionWord(0, IsUp: false, "gone"));
            adapter.Tell(new ConnectionWord(0, IsUp: true, ""));
        }
        Assert.Equal(2, _lines.All.Length);

        adapter.Tell(new ConnectionWord(0, IsUp: false, "gone"));
        _clock.Advance(ConnectionLog.Pause);
        adapter.Tell(new ConnectionWord(0, IsUp: false, "still gone"));
        Assert.EndsWith("still gone", Assert.Single(_lines.All[2..]), StringComparison.Ordinal);
    }

    private async Task StepUntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            await Task.Delay(5, limit.Token);
            // Less than a pause of the log's in all.
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }
    }

    private async Task<string> GaugeAsync(string state)
    {
        using var text = new MemoryStream();
        await _metrics.WriteTextAsync(text, CancellationToken.None);
        string start = $"hotpath_channel_connections{{channel=\"thai\",state=\"{state}\"}} ";
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n').Single(line => line.StartsWith(start, StringComparison.Ordinal))[start.Length..];
    }

    private sealed class Flapping : IClearingAdapter
    {
        internal Action<ConnectionWord> Tell { get; private set; } = _ => { };

        public ConnectionCount Connections => new(0, 1);

        public void TellConnections(Action<ConnectionWord> to) => Tell = to;

        public void EncodePay(in PayOrder order, ClearingCall call) => throw new NotSupportedException();

        public ValueTask<ClearingResult> PayAsync(ClearingCall call) => throw new NotSupportedException();

        public void EncodeRefund(in RefundOrder order, ClearingCall call) => throw new NotSupportedException();

        public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => throw new NotSupportedException();

        public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => throw new NotSupportedException();

        public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Lines : ILogger<ConnectionLog>
    {
        private readonly Lock _gate = new();
        private readonly List<string> _all = [];

        internal string[] All
        {
            get
            {
                lock (_gate)
                {
                    return [.. _all];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_gate)
            {
                _all.Add($"{logLevel} {eventId.Id} {formatter(state, exception)}");
            }
        }
    }
}
