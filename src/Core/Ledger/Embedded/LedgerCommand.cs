using System.Threading.Tasks.Sources;
using HotPath.Core.Model;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>What a command asks of the ledger thread.</summary>
internal enum CommandKind : byte
{
    None = 0,
    Claim,
    Complete,

    /// <summary>Nothing but: everything applied before is durable.</summary>
    Fence,
    ListPending,
}

/// <summary>
/// One caller's wish and the promise of its answer; pooled. Rented and filled by the caller, decided by the ledger thread, completed on
/// the scheduler, returned to the pool when the answer is taken.
/// </summary>
/// <remarks>
/// The command is its own work item: the caller goes on where the scheduler runs it, never on the ledger thread, and nothing is
/// allocated for the hop (RunContinuationsAsynchronously would allocate a work item each time).
/// </remarks>
internal sealed class LedgerCommand(ObjectPool<LedgerCommand> pool)
    : IThreadPoolWorkItem, IValueTaskSource<Claim>, IValueTaskSource<CompleteState>, IValueTaskSource<bool>, IValueTaskSource<TradeNo[]?>
{
    internal CommandKind Kind;
    internal CommandKeys Keys;
    internal Trade? Trade;

    // The answers; which one counts follows from the kind. They stand at "nothing happened" until decided.
    internal Claim Claim;
    internal CompleteState Completed;
    internal bool IsDurable;
    internal TradeNo[]? Pending;

    private ManualResetValueTaskSourceCore<bool> _core;

    internal short Version => _core.Version;

    internal void Begin(CommandKind kind, Trade? trade)
    {
        Kind = kind;
        Trade = trade;
        Claim = new Claim(ClaimState.Unavailable, default);
        Completed = CompleteState.Unavailable;
        IsDurable = false;
        Pending = null;
    }

    /// <summary>
    /// The batch this command was decided in was not acknowledged by the disk: what had an effect is unknown, the rest never was.
    /// </summary>
    internal void Fail()
    {
        Claim = new Claim(Claim.IsWon ? ClaimState.Unknown : ClaimState.Unavailable, default);
        Completed = Completed == CompleteState.Recorded ? CompleteState.Unknown : CompleteState.Unavailable;
        IsDurable = false;
        Pending = null;
    }

    public void Execute() => _core.SetResult(true);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    Claim IValueTaskSource<Claim>.GetResult(short token)
    {
        Claim answer = Claim;
        Return(token);
        return answer;
    }

    CompleteState IValueTaskSource<CompleteState>.GetResult(short token)
    {
        CompleteState answer = Completed;
        Return(token);
        return answer;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        bool answer = IsDurable;
        Return(token);
        return answer;
    }

    TradeNo[]? IValueTaskSource<TradeNo[]?>.GetResult(short token)
    {
        TradeNo[]? answer = Pending;
        Return(token);
        return answer;
    }

    private void Return(short token)
    {
        _core.GetResult(token);
        _core.Reset();
        Trade = null;
        pool.Return(this);
    }
}

/// <summary>Makes commands that know the way back.</summary>
internal sealed class LedgerCommandPool : PooledObjectPolicy<LedgerCommand>
{
    private readonly ObjectPool<LedgerCommand> _pool;

    internal LedgerCommandPool(int retained) => _pool = new DefaultObjectPool<LedgerCommand>(this, retained);

    internal LedgerCommand Rent() => _pool.Get();

    internal void GiveBack(LedgerCommand command) => _pool.Return(command);

    public override LedgerCommand Create() => new(_pool);

    public override bool Return(LedgerCommand obj) => true;
}
