using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>
/// Keeps one connection to the channel open: makes it, and makes it again when it has ended. At once when the channel had answered on it; otherwise after a pause that doubles,
/// shortened by chance so that not everybody who lost the channel comes back at the same moment.
/// </summary>
internal sealed class Line : IThreadPoolWorkItem, IAsyncDisposable
{
    // The pauses: 1/64 of the longest, 1/32 and so on.
    private const int Doublings = 6;

    private readonly Lock _gate = new();
    private readonly Iso8583ClearingAdapter _adapter;
    private readonly Iso8583Options _options;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _clock;
    private readonly PendingTable _pending;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = NewPromise();

    // Under _gate. An attempt that is not over is one that is under way, or is about to be.
    private Connection? _up;
    private TaskCompletionSource _attempt = NewPromise();
    private TaskCompletionSource _ended = NewPromise();

    internal Line(Iso8583ClearingAdapter adapter, Iso8583Options options, IScheduler scheduler, TimeProvider clock)
    {
        _adapter = adapter;
        _options = options;
        _scheduler = scheduler;
        _clock = clock;
        _pending = new PendingTable(options.MaxInFlight);
    }

    /// <summary>The connection when there is one.</summary>
    internal Connection? Up => Volatile.Read(ref _up);

    /// <summary>Ends when the attempt that is being made is over; null when none is being made, for the channel was not there a moment ago.</summary>
    internal Task? Attempt
    {
        get
        {
            lock (_gate)
            {
                return _attempt.Task.IsCompleted ? null : _attempt.Task;
            }
        }
    }

    internal void Start() => _scheduler.Post(this);

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    internal void Tell(BadAnswer bad, TradeNo about) => _adapter.Tell(bad, about);

    internal void Echo(Connection connection) => _adapter.SendEcho(connection);

    internal void Ended(Connection connection)
    {
        lock (_gate)
        {
            Volatile.Write(ref _up, null);
            if (connection.HasHeard && !_stopping.IsCancellationRequested)
            {
                _attempt = NewPromise();
            }
            _ended.TrySetResult();
        }
    }

    /// <summary>Ends the connection and makes no other. What was under way on it is in doubt.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Up?.End(isTheirs: false);
        await _stopped.Task;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        int failures = 0;
        while (!_stopping.IsCancellationRequested)
        {
            Connection? connection = await ConnectAsync();
            if (connection is null)
            {
                failures++;
            }
            else
            {
                await UseAsync(connection);
                failures = connection.HasHeard ? 0 : failures + 1;
            }
            if (failures > 0)
            {
                await PauseAsync(failures);
            }
        }
        EndAttempt();
        _stopped.SetResult();
    }

    private async Task UseAsync(Connection connection)
    {
        Task ended;
        lock (_gate)
        {
            _ended = NewPromise();
            ended = _ended.Task;
            Volatile.Write(ref _up, connection);
        }
        connection.Start();
        EndAttempt();
        if (_stopping.IsCancellationRequested)
        {
            connection.End(isTheirs: false);
        }
        await ended;
    }

    private async Task PauseAsync(int failures)
    {
        EndAttempt();
        TimeSpan pause = _options.ReconnectAtMost / (1 << Math.Max(0, Doublings + 1 - failures)) * (1 - (_options.Chance.NextDouble() / 2));
        try
        {
            await Task.Delay(pause, _clock, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        lock (_gate)
        {
            _attempt = NewPromise();
        }
    }

    private void EndAttempt()
    {
        lock (_gate)
        {
            _attempt.TrySetResult();
        }
    }

    /// <summary>A connection, or null: nobody there, no handshake in time, or a stop.</summary>
    private async Task<Connection?> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            using var limit = new CancellationTokenSource(_options.ConnectTimeout, _clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stopping.Token);
            await socket.ConnectAsync(_options.Host, _options.Port, both.Token);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (_options.IsTls)
            {
                var tls = new SslStream(stream);
                stream = tls;
                await tls.AuthenticateAsClientAsync(Handshake(), both.Token);
            }
            return new Connection(stream, this, _pending, _options, _scheduler, _clock);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The stream's own end may want to say goodbye, and to wait for it.
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
            return null;
        }
    }

    private SslClientAuthenticationOptions Handshake()
    {
        var options = new SslClientAuthenticationOptions { TargetHost = _options.Host, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        if (_options.Authority is { } authority)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            };
        }
        return options;
    }

    private static TaskCompletionSource NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
