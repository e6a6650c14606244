using System.Threading.Tasks.Sources;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a command asks of the ledger thread.</summary>
internal enum CommandKind : byte
{
    None = 0,
    Claim,
    Complete,

    /// <summary>A trade goes to a further channel.</summary>
    Redirect,

    /// <summary>A refund's claim.</summary>
    Reserve,

    /// <summary>A refund's result.</summary>
    Settle,

    /// <summary>Nothing but: everything applied before is durable.</summary>
    Fence,

    /// <summary>A wish to cancel.</summary>
    Wish,

    /// <summary>What was told of it.</summary>
    SettleCancel,

    /// <summary>Money too much.</summary>
    Surplus,
    SettleSurplus,

    /// <summary>Something an operator did.</summary>
    Act,

    /// <summary>What has no result, of one kind.</summary>
    List,
}

/// <summary>
/// One caller's wish and the promise of its answer; pooled. Rented and filled by the caller, decided by the ledger thread, completed on
/// the scheduler, returned to the pool when both have let go of it.
/// </summary>
/// <remarks>
/// The command is its own work item: the caller goes on where the scheduler runs it, never on the ledger thread, and nothing is
/// allocated for the hop (RunContinuationsAsynchronously would allocate a work item each time).
/// <para>
/// A caller waits no longer than it said (F21, a disk that is stuck). <c>_state</c> decides by one compare-and-swap who was first: a claim or fence
/// that still stood in the ring is withdrawn, and nothing happened; what the ledger thread had taken, and every result, goes on by itself, and the
/// trade stays the ledger's until then.
/// </para>
/// </remarks>
internal sealed class LedgerCommand
    : IThreadPoolWorkItem, IValueTaskSource<Claim>, IValueTaskSource<CompleteState>, IValueTaskSource<bool>, IValueTaskSource<TradeNo[]?>
{
    /// <summary>In the ring.</summary>
    private const long Waiting = 0;

    /// <summary>The ledger thread has it.</summary>
    private const long Taken = 1;

    private const long Answered = 2;

    /// <summary>The caller has gone before it was taken: nothing happens.</summary>
    private const long Withdrawn = 3;

    /// <summary>The caller has gone, and the ledger goes on.</summary>
    private const long Left = 4;

    // The states of one use, then those of the next: a timer that still belongs to an earlier use compares in vain.
    private const long StatesOfOneUse = 8;

    private readonly ObjectPool<LedgerCommand> _pool;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;
    private ITimer? _timer;
    private long _leaveAt;

    // Use times StatesOfOneUse, plus the state. Begun by the caller; left by compare-and-swap.
    private long _state = -StatesOfOneUse;
    private int _owners;
    private ManualResetValueTaskSourceCore<bool> _core;

    internal CommandKind Kind;
    internal CommandKeys Keys;
    internal RefundKeys RefundKeys;
    internal CancelKeys CancelKeys;
    internal Trade? Trade;
    internal Refund? Refund;
    internal Cancellation? Cancel;
    internal Surplus? Surplus;
    internal OperatorAct? Act;
    internal BookKind ListKind;

    /// <summary>Of a claim: how often the disk had become slow before it was enqueued.</summary>
    internal int SlowSpells;

    // The ledger's answers; which one counts follows from the kind. They stand at "nothing happened" until decided.
    internal Claim Claim;
    internal CompleteState Completed;
    internal bool IsDurable;
    internal TradeNo[]? Listed;

    internal LedgerCommand(ObjectPool<LedgerCommand> pool, IScheduler scheduler, TimeProvider time)
    {
        _pool = pool;
        _scheduler = scheduler;
        _time = time;
    }

    internal short Version => _core.Version;

    internal void Begin(CommandKind kind, Trade? trade, Refund? refund)
    {
        Kind = kind;
        Trade = trade;
        Refund = refund;
        Claim = new Claim(ClaimState.Unavailable, default);
        Completed = CompleteState.Unavailable;
        IsDurable = false;
        Listed = null;
        _leaveAt = long.MaxValue;
        _owners = 2;
        // Last, with release: whoever sees this use's state sees all of the above.
        Volatile.Write(ref _state, UseOf(_state) + StatesOfOneUse + Waiting);
    }

    /// <summary>The caller's side, after it is in the ring: waits no longer than this.</summary>
    internal void LeaveAfter(TimeSpan time)
    {
        TimeSpan wait = time > TimeSpan.Zero ? time : TimeSpan.Zero;
        Volatile.Write(ref _leaveAt, _time.GetTimestamp() + (long)(wait.TotalSeconds * _time.TimestampFrequency));
        _timer ??= _time.CreateTimer(static command => ((LedgerCommand)command!).Leave(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The ledger's side: false when it was withdrawn; the ledger has let go of it then.</summary>
    internal bool TryTake()
    {
        long use = UseOf(Volatile.Read(ref _state));
        if (Interlocked.CompareExchange(ref _state, use + Taken, use + Waiting) == use + Waiting || State == Left)
        {
            return true;
        }
        Release();
        return false;
    }

    /// <summary>
    /// The batch this command was decided in was not acknowledged by the disk: what had an effect is unknown, the rest never was.
    /// </summary>
    internal void Fail()
    {
        Claim = new Claim(Claim.IsWon ? ClaimState.Unknown : ClaimState.Unavailable, default);
        Completed = Completed == CompleteState.Recorded ? CompleteState.Unknown : CompleteState.Unavailable;
        IsDurable = false;
        Listed = null;
    }

    /// <summary>The ledger's side, last: the caller goes on with the answer. False when it had gone before.</summary>
    internal bool TryAnswer()
    {
        long use = UseOf(Volatile.Read(ref _state));
        bool isWaitedFor = Interlocked.CompareExchange(ref _state, use + Answered, use + Taken) == use + Taken;
        if (isWaitedFor)
        {
            _scheduler.Post(this);
        }
        Release();
        return isWaitedFor;
    }

    /// <summary>One of the two sides lets go.</summary>
    private void Release()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            _core.Reset();
            Trade = null;
            Refund = null;
            Cancel = null;
            Surplus = null;
            Act = null;
            _pool.Return(this);
        }
    }

    public void Execute() => _core.SetResult(true);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    Claim IValueTaskSource<Claim>.GetResult(short token)
    {
        Claim answer = State switch
        {
            Withdrawn => new Claim(ClaimState.DiskSlow, default),
            Left => new Claim(ClaimState.Unknown, default),
            _ => Claim,
        };
        Return(token);
        return answer;
    }

    CompleteState IValueTaskSource<CompleteState>.GetResult(short token)
    {
        CompleteState answer = State == Left ? CompleteState.Late : Completed;
        Return(token);
        return answer;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool answer = State == Answered && IsDurable;
        Return(token);
        return answer;
    }

    TradeNo[]? IValueTaskSource<TradeNo[]?>.GetResult(short token)
    {
        TradeNo[]? answer = Listed;
        Return(token);
        return answer;
    }

    private long State => Volatile.Read(ref _state) & (StatesOfOneUse - 1);

    private static long UseOf(long state) => state & -StatesOfOneUse;

    private void Return(short token)
    {
        _core.GetResult(token);
        if (_leaveAt != long.MaxValue)
        {
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        Release();
    }

    private void Leave()
    {
        // A timer that was stopped may still fire once, for the use before, or a little early. The state is read first: should the object
        // change hands after that, the swaps below fail.
        long use = UseOf(Volatile.Read(ref _state));
        long leaveAt = Volatile.Read(ref _leaveAt);
        long ticksLeft = leaveAt - _time.GetTimestamp();
        if (ticksLeft > 0)
        {
            if (leaveAt != long.MaxValue)
            {
                _timer!.Change(TimeSpan.FromMilliseconds((ticksLeft * 1000 / _time.TimestampFrequency) + 1), Timeout.InfiniteTimeSpan);
            }
            return;
        }
        // A result is never withdrawn: it is true already, and somebody else would have to find it out again.
        long gone = use + (Kind is CommandKind.Complete or CommandKind.Settle ? Left : Withdrawn);
        if (Interlocked.CompareExchange(ref _state, gone, use + Waiting) == use + Waiting ||
            Interlocked.CompareExchange(ref _state, use + Left, use + Taken) == use + Taken)
        {
            _scheduler.Post(this);
        }
    }
}

/// <summary>Makes commands that know the way back.</summary>
internal sealed class LedgerCommandPool : PooledObjectPolicy<LedgerCommand>
{
    private readonly ObjectPool<LedgerCommand> _pool;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;

    internal LedgerCommandPool(int retained, IScheduler scheduler, TimeProvider time)
    {
        _scheduler = scheduler;
        _time = time;
        _pool = new DefaultObjectPool<LedgerCommand>(this, retained);
    }

    internal LedgerCommand Rent() => _pool.Get();

    /// <summary>Gives back one that the ledger never saw.</summary>
    internal void GiveBack(LedgerCommand command) => _pool.Return(command);

    public override LedgerCommand Create() => new(_pool, _scheduler, _time);

    public override bool Return(LedgerCommand obj) => true;
}
