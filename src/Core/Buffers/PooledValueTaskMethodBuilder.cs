using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Buffers;

#pragma warning disable CA1822 // The compiler calls these on an instance: the shape of a method builder.

/// <summary>
/// Lets an <c>async ValueTask</c> method suspend without allocating: its state machine lives in a pooled box.
/// Use: <c>[AsyncMethodBuilder(typeof(PooledValueTaskMethodBuilder))]</c>.
/// </summary>
/// <remarks>
/// The framework's pooling builder keeps one box per thread and one per core, so a few hundred payments waiting at once would allocate
/// nearly every time. This one keeps up to <see cref="BoxesKept"/> of each method. ExecutionContext is not captured: nothing on the
/// payment's way uses AsyncLocal. As with every pooled ValueTask: await it once, at once.
/// </remarks>
public struct PooledValueTaskMethodBuilder
{
    /// <summary>Boxes kept of each method. More than the in-flight limit of any channel that was sized so far.</summary>
    internal const int BoxesKept = 16_384;

    private PooledBox<bool>? _box;
    private Exception? _exception;

    public readonly ValueTask Task =>
        _box is not null ? new ValueTask(_box, _box.Version)
        : _exception is not null ? ValueTask.FromException(_exception)
        : default;

    public static PooledValueTaskMethodBuilder Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public readonly void SetResult() => _box?.SetResult(true);

    public void SetException(Exception exception)
    {
        if (_box is null)
        {
            _exception = exception;
            return;
        }
        _box.SetException(exception);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(PooledBox<bool>.For(ref _box, ref stateMachine).MoveNext);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(PooledBox<bool>.For(ref _box, ref stateMachine).MoveNext);
}

/// <inheritdoc cref="PooledValueTaskMethodBuilder"/>
public struct PooledValueTaskMethodBuilder<TResult>
{
    private PooledBox<TResult>? _box;
    private TResult _result;
    private Exception? _exception;

    public readonly ValueTask<TResult> Task =>
        _box is not null ? new ValueTask<TResult>(_box, _box.Version)
        : _exception is not null ? ValueTask.FromException<TResult>(_exception)
        : new ValueTask<TResult>(_result);

    public static PooledValueTaskMethodBuilder<TResult> Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine => stateMachine.MoveNext();

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
    }

    public void SetResult(TResult result)
    {
        if (_box is null)
        {
            _result = result;
            return;
        }
        _box.SetResult(result);
    }

    public void SetException(Exception exception)
    {
        if (_box is null)
        {
            _exception = exception;
            return;
        }
        _box.SetException(exception);
    }

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.OnCompleted(PooledBox<TResult>.For(ref _box, ref stateMachine).MoveNext);

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine => awaiter.UnsafeOnCompleted(PooledBox<TResult>.For(ref _box, ref stateMachine).MoveNext);
}

/// <summary>A suspended method's state machine and the promise of its result, returned to its pool when the result is taken.</summary>
internal abstract class PooledBox<TResult> : IValueTaskSource<TResult>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<TResult> _core;

    protected PooledBox() => MoveNext = Advance;

    internal Action MoveNext { get; }

    internal short Version => _core.Version;

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public TResult GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            Return();
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    /// <summary>The box of this run of the method; made on its first suspension, when the state machine moves in.</summary>
    internal static PooledBox<TResult> For<TStateMachine>(ref PooledBox<TResult>? box, ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (box is null)
        {
            Box<TStateMachine> rented = Box<TStateMachine>.Pool.Get();
            // First the box into the builder, then the state machine (which holds the builder) into the box.
            box = rented;
            rented.StateMachine = stateMachine;
        }
        return box;
    }

    internal void SetResult(TResult result) => _core.SetResult(result);

    internal void SetException(Exception exception) => _core.SetException(exception);

    protected abstract void Advance();

    protected abstract void Return();

    private sealed class Box<TStateMachine> : PooledBox<TResult>
        where TStateMachine : IAsyncStateMachine
    {
        internal static readonly ObjectPool<Box<TStateMachine>> Pool =
            new DefaultObjectPool<Box<TStateMachine>>(new DefaultPooledObjectPolicy<Box<TStateMachine>>(), PooledValueTaskMethodBuilder.BoxesKept);

        internal TStateMachine StateMachine = default!;

        protected override void Advance() => StateMachine.MoveNext();

        protected override void Return()
        {
            StateMachine = default!;
            Pool.Return(this);
        }
    }
}
