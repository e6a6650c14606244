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

    private const string OurStop = "the gateway stops";

    private readonly Lock _gate = new();
    private readonly int _number;
    private readonly Iso8583ClearingAdapter _adapter;
    private readonly Iso8583Options _options;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _clock;
    private readonly PendingTable _pending;
    private readonly Func<CancellationToken, ValueTask<Dialed>> _dial;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopped = NewPromise();

    // Under _gate. An attempt that is not over is one that is under way, or is about to be.
    private Connection? _up;
    private TaskCompletionSource _attempt = NewPromise();
    private TaskCompletionSource _ended = NewPromise();

    /// <param name="number">Among the adapter's lines, from 0 on.</param>
    /// <param name="adapter">Told what the channel says that does not count.</param>
    /// <param name="options">Of the adapter.</param>
    /// <param name="dial">Makes a connection, or throws within <see cref="Iso8583Options.ConnectTimeout"/>.</param>
    /// <param name="scheduler">Where everything runs.</param>
    /// <param name="clock">Whose pauses and limits count.</param>
    internal Line(
        int number, Iso8583ClearingAdapter adapter, Iso8583Options options, Func<CancellationToken, ValueTask<Dialed>> dial, IScheduler scheduler, TimeProvider clock)
    {
        _number = number;
        _dial = dial;
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
            if (connection.HasAnswered && !_stopping.IsCancellationRequested)
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
        Up?.End(isTheirs: false, OurStop);
        await _stopped.Task;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            for (int failures = 0; !_stopping.IsCancellationRequested;)
            {
                failures = await TryAsync() ? 0 : failures + 1;
                if (failures > 0)
                {
                    await PauseAsync(failures);
                }
            }
        }
        finally
        {
            // Whatever ends it: nobody waits for a connection that is not being made, nor for a stop that has come.
            EndAttempt();
            _stopped.SetResult();
        }
    }

    /// <summary>One connection from its making to its end, or none; true when the channel answered on it.</summary>
    private async Task<bool> TryAsync()
    {
        Connection? connection = null;
        try
        {
            connection = new Connection(await _dial(_stopping.Token), this, _pending, _options, _scheduler, _clock);
            await UseAsync(connection);
            Tell(connection.WhyEnded);
            return connection.HasAnswered;
        }
        // Nobody there, no handshake in time, no descriptor left, a stop. Whatever it is: it is one attempt's, and the next one follows.
        catch (Exception failure)
        {
            connection?.End(isTheirs: false, failure.Message);
            Tell($"{failure.GetType().Name}: {failure.Message}");
            return false;
        }
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
        _adapter.Tell(new ConnectionWord(_number, IsUp: true, ""));
        if (_stopping.IsCancellationRequested)
        {
            connection.End(isTheirs: false, OurStop);
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

    private void Tell(string whyNot) => _adapter.Tell(new ConnectionWord(_number, IsUp: false, whyNot));

    private static TaskCompletionSource NewPromise() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
