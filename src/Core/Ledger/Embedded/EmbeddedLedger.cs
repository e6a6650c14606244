using System.Runtime.CompilerServices;
using HotPath.Core.Buffers;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// The ledger of one node: a journal (the truth and the store of trades), an index into it, and one thread that writes both.
/// Callers hash the keys, the ledger thread decides and syncs, readers read the journal.
/// </summary>
public sealed partial class EmbeddedLedger : ILedger
{
    private readonly RecoveredLedger _recovered;
    private readonly LedgerThread _thread;
    private readonly DiskWatch _watch;
    private readonly NumberSource _numbers;
    private readonly ReaderGate _gate;
    private readonly DurableReads<Trade> _trades;
    private readonly DurableReads<Refund> _refunds;
    private readonly DurableReads<Cancellation> _cancels;
    private readonly DurableReads<Surplus> _surpluses;
    private readonly JournalFeed _feed;
    private readonly LedgerCommandPool _commands;
    private readonly TimeProvider _time;
    private readonly TimeSpan _slowStep;
    private readonly IWorker _worker;
    private readonly IWorker? _scrub;
    private readonly IDisposable _lock;
    private readonly PatientLock _closing;
    private volatile bool _isClosed;

    private EmbeddedLedger(
        EmbeddedLedgerOptions options,
        RecoveredLedger recovered,
        NumberSource numbers,
        LedgerThread thread,
        DiskWatch watch,
        IScheduler scheduler,
        TimeProvider time,
        IWorker? scrub,
        IDisposable lockFile)
    {
        _recovered = recovered;
        _numbers = numbers;
        _thread = thread;
        _watch = watch;
        _time = time;
        _lock = lockFile;
        _closing = new PatientLock(scheduler);
        _gate = new ReaderGate(recovered.Index);
        var trades = new TradeReads(_gate, recovered.Journal);
        var refunds = new RefundReads(_gate, recovered.Journal);
        _trades = new DurableReads<Trade>(trades, NowMs, FenceAsync, StopFor);
        _refunds = new DurableReads<Refund>(refunds, NowMs, FenceAsync, StopFor);
        _cancels = new DurableReads<Cancellation>(new CancelReads(_gate, recovered.Journal), NowMs, FenceAsync, StopFor);
        _surpluses = new DurableReads<Surplus>(new SurplusReads(_gate, recovered.Journal), NowMs, FenceAsync, StopFor);
        _feed = new JournalFeed(recovered.Journal, recovered.LedgerId, trades, refunds);
        _commands = new LedgerCommandPool(options.CommandRingCapacity, scheduler, time);
        _slowStep = options.SlowStep;
        _worker = scheduler.StartWorker("ledger", thread);
        _scrub = scrub;
        recovered.Index.WhenDiskFails(StopFor);
    }

    public bool IsReady => !_isClosed && !_thread.IsStopped;

    public TimeSpan CommitTime => _watch.StepTime;

    public Task<string> Failure => _thread.Failure;

    /// <summary>Recovers what the data directory holds and starts the ledger thread. Returns ready.</summary>
    /// <param name="options">What this node is configured with.</param>
    /// <param name="scheduler">Runs the ledger thread and the callers' continuations.</param>
    /// <param name="time">The clock; it may step.</param>
    /// <param name="metrics">Is told of commits and checkpoints.</param>
    /// <param name="tell">Is told what operators should know, from any thread; must not block.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    /// <exception cref="LedgerLockedException">Another process has the data directory.</exception>
    /// <exception cref="JournalDamagedException">Something that was durable is missing or not whole; says where.</exception>
    public static EmbeddedLedger Open(
        EmbeddedLedgerOptions options, IScheduler scheduler, TimeProvider time, GatewayMetrics metrics, Action<LedgerEvent> tell) =>
        Open(options, scheduler, time, metrics, tell, FileStorage.Instance, new FasterIndexFactory(options, FileStorage.Instance, scheduler));

    internal static EmbeddedLedger Open(
        EmbeddedLedgerOptions options,
        IScheduler scheduler,
        TimeProvider time,
        GatewayMetrics metrics,
        Action<LedgerEvent> tell,
        IJournalStorage storage,
        IBookIndexFactory indexes)
    {
        options.Validate();
        storage.CreateDirectory(options.DataDirectory);
        IDisposable lockFile = storage.Lock(Path.Combine(options.DataDirectory, "lock"));
        RecoveredLedger? recovered = null;
        DiskWatch? watch = null;
        try
        {
            recovered = new LedgerRecovery(options, storage, indexes, scheduler, time, tell).Recover();
            var numbers = new NumberSource(time, options.NodeId);
            numbers.StartAbove(recovered.Book.Ceiling);
            recovered.Journal.RequireRoom();
            // The first ceiling is durable before anybody can ask for a number.
            ulong ceiling = numbers.CeilingDue();
            recovered.Book.SetCeiling(ceiling, recovered.Journal);
            recovered.Journal.Commit(time.GetUtcNow().ToUnixTimeMilliseconds());
            numbers.Raise(ceiling);
            watch = new DiskWatch(options, storage, time, metrics, tell);
            var checkpoints = new CheckpointCycle(options, storage, recovered, watch, scheduler, time, metrics, tell);
            var thread = new LedgerThread(options, recovered, numbers, checkpoints, watch, scheduler, time, metrics, tell);
            IWorker? scrub = JournalScrub.Start(options, recovered, scheduler, time, metrics, tell);
            return new EmbeddedLedger(options, recovered, numbers, thread, watch, scheduler, time, scrub, lockFile);
        }
        catch
        {
            watch?.Dispose();
            recovered?.Close();
            lockFile.Dispose();
            throw;
        }
    }

    public TradeNo NextNo() => _numbers.Next();

    public void WhenClaimedLate(Action<TradeNo> tell) => _thread.WhenClaimedLate(tell);

    public void WhenReservedLate(Action<TradeNo> tell) => _thread.WhenReservedLate(tell);

    public ValueTask<Claim> ClaimAsync(Trade trade, TimeSpan? atMost = null)
    {
        if (WhyNoClaims(out int slowSpells) is { } reason)
        {
            return new ValueTask<Claim>(new Claim(reason, default));
        }
        LedgerCommand command = Rent(CommandKind.Claim, trade);
        command.SlowSpells = slowSpells;
        command.Keys = CommandKeys.Of(trade);
        return ClaimedBy(command, atMost);
    }

    public ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null)
    {
        if (!IsReady)
        {
            return new ValueTask<CompleteState>(CompleteState.Unavailable);
        }
        LedgerCommand command = Rent(CommandKind.Complete, trade);
        command.Keys.Trade = IndexKey.Trade(trade.TradeNo);
        if (Book.DependsOnWish(trade))
        {
            command.Keys.Wishes = IndexKey.Wishes(trade.TradeNo);
        }
        return CompletedBy(command, atMost);
    }

    public ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null)
    {
        if (WhyNoClaims(out int slowSpells) is not null)
        {
            return new ValueTask<CompleteState>(CompleteState.Unavailable);
        }
        LedgerCommand command = Rent(CommandKind.Redirect, trade);
        command.SlowSpells = slowSpells;
        command.Keys.Trade = IndexKey.Trade(trade.TradeNo);
        command.Keys.Wishes = IndexKey.Wishes(trade.TradeNo);
        return CompletedBy(command, atMost);
    }

    public ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null)
    {
        if (WhyNoClaims(out int slowSpells) is { } reason)
        {
            return new ValueTask<Claim>(new Claim(reason, default));
        }
        LedgerCommand command = Rent(CommandKind.Reserve, trade, refund);
        command.SlowSpells = slowSpells;
        command.RefundKeys = RefundKeys.Of(refund);
        return ClaimedBy(command, atMost);
    }

    public ValueTask<CompleteState> SettleRefundAsync(Refund refund, TimeSpan? atMost = null)
    {
        if (!IsReady)
        {
            return new ValueTask<CompleteState>(CompleteState.Unavailable);
        }
        LedgerCommand command = Rent(CommandKind.Settle, null, refund);
        command.RefundKeys.Refund = IndexKey.Trade(refund.RefundId);
        command.RefundKeys.Totals = IndexKey.Totals(refund.TradeNo);
        return CompletedBy(command, atMost);
    }

    /// <summary>A clean stop: what waits is done, the last number and a checkpoint are recorded, files are closed.</summary>
    public ValueTask DisposeAsync()
    {
        using (_closing.Enter())
        {
            if (_isClosed)
            {
                return default;
            }
            _isClosed = true;
            _scrub?.Dispose();
            _worker.Dispose();
            _thread.Finish();
            _thread.RefuseAll();
            _watch.Dispose();
            _gate.Close();
            _recovered.Close();
            _lock.Dispose();
        }
        return default;
    }

    private ClaimState? WhyNoClaims(out int slowSpells)
    {
        ClaimState? reason = _watch.RefusesAtOnce(out slowSpells);
        return IsReady ? reason : ClaimState.Unavailable;
    }

    private LedgerCommand Rent(CommandKind kind, Trade? trade = null, Refund? refund = null)
    {
        LedgerCommand command = _commands.Rent();
        command.Begin(kind, trade, refund);
        return command;
    }

    private ValueTask<Claim> ClaimedBy(LedgerCommand command, TimeSpan? atMost) => Enqueue(command, atMost)
        ? new ValueTask<Claim>(command, command.Version)
        : new ValueTask<Claim>(new Claim(ClaimState.Refused, default));

    private ValueTask<CompleteState> CompletedBy(LedgerCommand command, TimeSpan? atMost) => Enqueue(command, atMost)
        ? new ValueTask<CompleteState>(command, command.Version)
        : new ValueTask<CompleteState>(CompleteState.Unavailable);

    /// <summary>False when the ring is full; the command is back in its pool then.</summary>
    private bool Enqueue(LedgerCommand command, TimeSpan? atMost)
    {
        if (!_thread.TryEnqueue(command))
        {
            _commands.GiveBack(command);
            return false;
        }
        _worker.Wake();
        // Wake holds a full fence: either this sees that the ledger is closed, or closing sees the command.
        if (_isClosed)
        {
            RefuseLatecomers();
        }
        if (atMost is { } time)
        {
            command.LeaveAfter(time);
        }
        return true;
    }

    private void RefuseLatecomers()
    {
        using (_closing.Enter())
        {
            _thread.RefuseAll();
        }
    }

    private void StopFor(Exception reason)
    {
        _thread.Stop(reason);
        _worker.Wake();
    }

    private long NowMs() => Math.Max(_time.GetUtcNow().ToUnixTimeMilliseconds(), _recovered.Journal.TimeMs);
}
