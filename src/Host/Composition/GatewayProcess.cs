using System.Runtime.InteropServices;

namespace HotPath.Host.Composition;

/// <summary>A gateway as the business of this process: code in memory, signals, thread pool, and what the process says when it ends.</summary>
internal sealed partial class GatewayProcess : IDisposable
{
    /// <summary>Exit code after the ledger stopped itself (EX_SOFTWARE of sysexits.h): the supervisor restarts, the restart recovers.</summary>
    internal const int LedgerFailed = 70;

    // Work that may wait for the disk on a pool thread: a checkpoint's manifest, the next segment, and two reads that the page cache does not
    // hold. Without a thread for each, two of them on 2 cores would stop everything for the half second the pool takes to add one.
    private const int DiskThreads = 4;

    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _term;
    private readonly PosixSignalRegistration _interrupt;
    private PosixSignalRegistration? _hangUp;
    private readonly ILogger<GatewayProcess> _logger;

    internal GatewayProcess(ILoggerFactory logs)
    {
        _logger = logs.CreateLogger<GatewayProcess>();
        ReferencedAssemblies.LoadAll(typeof(GatewayProcess).Assembly);
        _term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        AppDomain.CurrentDomain.UnhandledException += OnUnhandled;
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(workers + DiskThreads, completions);
    }

    /// <summary>From now on SIGHUP asks for this, as it does of servers; before, it ends the process.</summary>
    internal void OnHangUp(Func<Task> reload) => _hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        _ = HangUpAsync(reload);
    });

    /// <summary>Asks for a stop, as SIGTERM does.</summary>
    internal void Stop() => _stop.TrySetResult();

    /// <summary>
    /// Stays until a stop is asked for (<paramref name="cleanStop"/>, then 0) or the ledger fails (<see cref="LedgerFailed"/>, at once;
    /// after the stop when it fails under it).
    /// </summary>
    internal async Task<int> ServeAsync(Task<string> ledgerFailure, Func<Task> cleanStop)
    {
        if (await Task.WhenAny(_stop.Task, ledgerFailure) == ledgerFailure)
        {
            // Nothing more can be acknowledged, so nothing is worth waiting for: the process ends and its connections with it.
            LogLedgerFailed(await ledgerFailure);
            return LedgerFailed;
        }
        await cleanStop();
        if (ledgerFailure.IsCompleted)
        {
            // It failed while it was stopping: what the last requests came to, only a recovery will tell.
            LogLedgerFailed(await ledgerFailure);
            return LedgerFailed;
        }
        return 0;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= OnUnhandled;
        _term.Dispose();
        _interrupt.Dispose();
        _hangUp?.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // Ours to handle: the runtime would end the process.
        context.Cancel = true;
        _stop.TrySetResult();
    }

    // Nobody waits for it: what goes wrong is told here.
    private async Task HangUpAsync(Func<Task> reload)
    {
        try
        {
            await reload();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            LogReloadFailed(failure);
        }
    }

    private void OnUnhandled(object sender, UnhandledExceptionEventArgs failure) => LogUnhandled(failure.ExceptionObject as Exception);

    [LoggerMessage(EventId = 320, Level = LogLevel.Critical, Message = "the ledger has stopped: {Reason}; this process ends, a restart recovers")]
    private partial void LogLedgerFailed(string reason);

    [LoggerMessage(EventId = 322, Level = LogLevel.Error, Message = "a reload ended with an exception; what was in use stays")]
    private partial void LogReloadFailed(Exception failure);

    [LoggerMessage(EventId = 321, Level = LogLevel.Critical, Message = "an exception that nobody handles")]
    private partial void LogUnhandled(Exception? failure);
}
