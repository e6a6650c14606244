using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Iso8583;
using HotPath.Core.Runtime;
using Xunit;

namespace HotPath.Core.Tests.Clearing.Iso8583;

/// <summary>
/// "Not delivered" sends a payment to another channel, so it must be certain: a server on a real socket takes some of a crowd of payments and ends the connection, at many places of it, in each way in which
/// one ends, and notes every reference that ever comes.
/// </summary>
public sealed partial class Iso8583DeliveryTests
{
    private const int FirstWave = 120;
    private const int SecondWave = 80;

    // A little less than all of them have.
    private const int MostBytes = 33_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public enum End
    {
        /// <summary>No more from the channel, which goes on to read all that still comes.</summary>
        Half,
        Closed,
        Reset,
    }

    [Theory]
    [InlineData(End.Half, false, 25)]
    [InlineData(End.Closed, false, 25)]
    [InlineData(End.Reset, false, 25)]
    [InlineData(End.Half, true, 6)]
    [InlineData(End.Reset, true, 6)]
    public async Task ConnectionThatEndsInTheMiddleOfACrowd_LeavesEachPaymentInDoubtOrCertainlyUnsent_AndNoneIsSentTwice(End end, bool isTls, int places)
    {
        using X509Certificate2? certificate = isTls ? LocalCertificate.Make() : null;
        int certain = 0;
        int doubtful = 0;
        for (int place = 0; place < places; place++)
        {
            await using var server = new CuttingServer(place * MostBytes / places, end, certificate);
            (Dictionary<string, ClearingOutcome> outcomes, int repeated) = await PayAsync(server);

            string[] late = [.. outcomes.Where(one => one.Value == ClearingOutcome.NotDelivered && server.Seen.Contains(one.Key)).Select(one => one.Key)];
            Assert.True(late.Length == 0, $"place {place}: not delivered, and there: {string.Join(' ', late)}");
            Assert.Equal(0, repeated);
            Assert.All(outcomes.Values, outcome => Assert.True(outcome is ClearingOutcome.NotDelivered or ClearingOutcome.Unknown, $"{outcome}"));
            certain += outcomes.Values.Count(outcome => outcome == ClearingOutcome.NotDelivered);
            doubtful += outcomes.Values.Count(outcome => outcome == ClearingOutcome.Unknown);
        }
        // A sweep in which everything was in doubt, or nothing, would prove nothing.
        Assert.True(certain > places && doubtful > places, $"{certain} certain, {doubtful} in doubt");
    }

    private static async Task<(Dictionary<string, ClearingOutcome> Outcomes, int Repeated)> PayAsync(CuttingServer server)
    {
        Iso8583Options options = new() { Host = "localhost", Port = server.Port, Connections = 1, MaxInFlight = 256, ConnectTimeout = TimeSpan.FromSeconds(15) };
        var dialer = new ChannelDialer("localhost", server.Port, server.Authority is not null, server.Authority, Patience, TimeProvider.System);
        await using var adapter = new Iso8583ClearingAdapter(options, ThreadScheduler.Instance, TimeProvider.System, async stop =>
        {
            Dialed dialed = await dialer.DialAsync(stop);
            // Little room on the way, so that most of the crowd still waits behind it when it ends.
            dialed.Socket!.SendBufferSize = 4096;
            return dialed;
        });
        var caller = new Caller(adapter, FirstWave + SecondWave);
        var sent = new Dictionary<string, Task<ClearingResult>>();
        Send(FirstWave);
        await server.Reading.WaitAsync(Patience);
        Send(SecondWave);
        server.Go();
        ClearingResult[] results = await Task.WhenAll(sent.Values).WaitAsync(Patience);
        await adapter.DisposeAsync();
        await server.Done.WaitAsync(Patience);
        return (sent.Keys.Zip(results).ToDictionary(one => one.First, one => one.Second.Outcome), server.Repeated);

        void Send(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                ClearingReference payment = Payments.NewReference();
                sent.Add(payment.TradeNo.ToString(), caller.SendAsync(payment));
            }
        }
    }

    // Element 60 begins with its length. Of what came only in part nothing can be executed.
    [GeneratedRegex("028([0-9]{28})")]
    private static partial Regex References();

    /// <summary>Takes connections; ends the first after so many bytes; notes all that comes on any of them.</summary>
    private sealed class CuttingServer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly int _bytes;
        private readonly End _end;
        private readonly TaskCompletionSource _reading = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ConcurrentBag<string> _heard = [];
        private readonly Task _serving;

        internal CuttingServer(int bytes, End end, X509Certificate2? certificate)
        {
            (_bytes, _end, Authority) = (bytes, end, certificate);
            _listener.Server.ReceiveBufferSize = 4096;
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _serving = ServeAsync();
        }

        internal int Port { get; }

        internal X509Certificate2? Authority { get; }

        /// <summary>The first byte is there.</summary>
        internal Task Reading => _reading.Task;

        /// <summary>The first connection has ended, with all that came on it.</summary>
        internal Task Done => _serving;

        internal HashSet<string> Seen => _heard.SelectMany(text => References().Matches(text)).Select(match => match.Groups[1].Value).ToHashSet();

        /// <summary>References that came more than once.</summary>
        internal int Repeated => _heard.SelectMany(text => References().Matches(text)).GroupBy(match => match.Groups[1].Value).Count(all => all.Count() > 1);

        internal void Go() => _go.SetResult();

        public ValueTask DisposeAsync()
        {
            _listener.Stop();
            return default;
        }

        private async Task ServeAsync()
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            _ = RefuseOthersAsync();
            var text = new StringBuilder();
            try
            {
                using Stream stream = Authority is { } certificate ? await LocalCertificate.Server(certificate)(client.GetStream()) : client.GetStream();
                byte[] buffer = new byte[1];
                await ReadAsync(1);
                _reading.SetResult();
                await _go.Task;
                buffer = new byte[512];
                await ReadAsync(_bytes);
                if (_end == End.Half)
                {
                    client.Client.Shutdown(SocketShutdown.Send);
                    await ReadAsync(int.MaxValue);
                }
                client.LingerState = new LingerOption(_end == End.Reset, 0);

                async Task ReadAsync(int bytes)
                {
                    int read = 1;
                    for (int left = bytes; left > 0 && read > 0; left -= read)
                    {
                        read = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(left, buffer.Length)));
                        text.Append(Encoding.Latin1.GetString(buffer, 0, read));
                    }
                }
            }
            catch (Exception failure) when (failure is IOException or SocketException)
            {
            }
            _heard.Add(text.ToString());
        }

        // Whoever comes again is heard as well: nothing may come that was called certain, or a second time.
        private async Task RefuseOthersAsync()
        {
            try
            {
                while (true)
                {
                    using TcpClient client = await _listener.AcceptTcpClientAsync();
                    byte[] all = new byte[256];
                    int read = await client.GetStream().ReadAsync(all);
                    _heard.Add(Encoding.Latin1.GetString(all, 0, read));
                }
            }
            catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException)
            {
            }
        }
    }
}
