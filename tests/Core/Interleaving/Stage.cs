using HotPath.Core.Clearing;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Tests.Clearing;
using Xunit;

namespace HotPath.Core.Tests.Interleaving;

/// <summary>A thread pool of controlled threads.</summary>
internal sealed class ActorPool : IScheduler
{
    private readonly Execution _execution;
    private readonly bool _parks;
    private readonly Queue<IThreadPoolWorkItem> _posted = new();
    private int _gone;
    private bool _isOver;

    /// <param name="execution">Whose threads they are.</param>
    /// <param name="threads">How many.</param>
    /// <param name="parks">Workers park as they do in the gateway; false: they step when woken, where parking is not what is looked at.</param>
    internal ActorPool(Execution execution, int threads, bool parks = true)
    {
        _execution = execution;
        _parks = parks;
        for (int i = 0; i < threads; i++)
        {
            execution.Add($"pool {i}", () =>
            {
                while (true)
                {
                    Execution.Until("work", () => _posted.Count > 0 || _isOver);
                    if (!_posted.TryDequeue(out IThreadPoolWorkItem? item))
                    {
                        return;
                    }
                    item.Execute();
                }
            });
        }
    }

    public void Post(IThreadPoolWorkItem item)
    {
        Execution.Point("Post");
        _posted.Enqueue(item);
    }

    public void Sleep(TimeSpan time) => Execution.Spin("Sleep");

    public IWorker StartWorker(string name, IWorkerBody body) => _parks ? ThreadScheduler.Instance.StartWorker(name, body) : new SteppedWorker(this, name, body);

    /// <summary>The pool ends when so many have said that they need it no more.</summary>
    internal void Leave(int of) => _isOver = ++_gone == of;

    /// <summary>Steps once at its start, when it is woken, and as long as its body does not want to rest; ends with the pool.</summary>
    private sealed class SteppedWorker : IWorker
    {
        private bool _isWoken = true;

        internal SteppedWorker(ActorPool pool, string name, IWorkerBody body) => pool._execution.Add(name, () =>
        {
            while (true)
            {
                Execution.Until("a wake-up", () => _isWoken || pool._isOver);
                if (!_isWoken)
                {
                    return;
                }
                _isWoken = false;
                if (!body.Step().IsWakeable)
                {
                    _isWoken = true;
                }
            }
        });

        public void Wake() => _isWoken = true;

        public void Dispose()
        {
        }
    }
}

/// <summary>No threads at all, for what lies before and behind a scenario: a post is done at once, a worker steps when it is woken.</summary>
internal sealed class InlinePool : IScheduler
{
    public void Post(IThreadPoolWorkItem item) => item.Execute();

    public void Sleep(TimeSpan time) => throw new InvalidOperationException("there is nobody to wait for");

    public IWorker StartWorker(string name, IWorkerBody body) => new Worker(body);

    private sealed class Worker(IWorkerBody body) : IWorker
    {
        public void Wake() => body.Step();

        public void Dispose()
        {
        }
    }
}

/// <summary>The real scheduler for what is looked at after the threads have ended, with posts done at once.</summary>
internal sealed class DirectPool : IScheduler
{
    public void Post(IThreadPoolWorkItem item) => item.Execute();

    public void Sleep(TimeSpan time) => ThreadScheduler.Instance.Sleep(time);

    public IWorker StartWorker(string name, IWorkerBody body) => ThreadScheduler.Instance.StartWorker(name, body);
}

/// <summary>Time stands still until the scenario moves it; timers fire when the scenario says so, stopped or not.</summary>
internal sealed class StillClock : TimeProvider
{
    private readonly List<StillTimer> _timers = [];
    private long _ticks = 1_000_000;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => new(2026, 9, 19, 2, 30, 0, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StillTimer(callback, state);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves what durations are measured by; no timer fires.</summary>
    internal void Advance(TimeSpan time) => _ticks += time.Ticks;

    internal void Fire() => FireOf<object>();

    /// <summary>Fires the timers whose callbacks are given a <typeparamref name="TOwner"/>.</summary>
    internal void FireOf<TOwner>()
    {
        foreach (StillTimer timer in _timers.Where(timer => timer.State is TOwner).ToArray())
        {
            timer.Fire();
        }
    }

    private sealed class StillTimer(TimerCallback callback, object? state) : ITimer
    {
        internal object? State => state;

        internal void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}

/// <summary>Answers at once, and fails when two send at a time.</summary>
internal sealed class AtOnce : IClearingAdapter
{
    private int _inside;

    internal List<TradeNo> Sent { get; } = [];

    public void EncodePay(in PayOrder order, ClearingCall call)
    {
    }

    public void EncodeRefund(in RefundOrder order, ClearingCall call)
    {
    }

    public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => PayAsync(call);

    public ValueTask<ClearingResult> PayAsync(ClearingCall call)
    {
        Assert.Equal(1, ++_inside);
        Sent.Add(call.Reference.TradeNo);
        Execution.Point("send");
        _inside--;
        return new ValueTask<ClearingResult>(ClearingResult.Of(ClearingOutcome.Succeeded));
    }

    public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => throw new NotSupportedException();

    public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;
}

/// <summary>A disk in memory that knows which of its files are open.</summary>
internal sealed class MemoryStorage : IJournalStorage
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Each write fails from now on, and leaves nothing behind.</summary>
    internal bool FailsWrites { get; set; }

    public void CreateDirectory(string directory)
    {
    }

    public IReadOnlyList<string> List(string directory) =>
        [.. _files.Keys.Where(path => Path.GetDirectoryName(path) == directory).Select(path => Path.GetFileName(path))];

    public IJournalFile Create(string path)
    {
        _files[path] = [];
        return new MemoryFile(this, path);
    }

    public IJournalFile Open(string path, bool isWritable) => new MemoryFile(this, path);

    public void Delete(string path) => _files.Remove(path);

    public void Rename(string from, string to)
    {
        _files[to] = _files[from];
        _files.Remove(from);
        Renamed?.Invoke(from, to);
    }

    public void SyncDirectory(string directory)
    {
    }

    public DiskRoom Room(string directory) => DiskRoom.Endless;

    public IDisposable Lock(string path) => new MemoryStream();

    private event Action<string, string>? Renamed;

    private sealed class MemoryFile : IJournalFile
    {
        private readonly MemoryStorage _disk;
        private string _path;
        private bool _isClosed;

        internal MemoryFile(MemoryStorage disk, string path)
        {
            _disk = disk;
            _path = path;
            // An open file is the same file under its new name.
            disk.Renamed += (from, to) => _path = _path == from ? to : _path;
        }

        public long Length => Bytes.Length;

        private byte[] Bytes => _isClosed ? throw new ObjectDisposedException(_path) : _disk._files[_path];

        public int ReadAt(Span<byte> into, long offset)
        {
            int length = (int)Math.Clamp(Length - offset, 0, into.Length);
            Bytes.AsSpan((int)Math.Min(offset, Length), length).CopyTo(into);
            return length;
        }

        public void WriteAt(ReadOnlySpan<byte> bytes, long offset)
        {
            if (_disk.FailsWrites)
            {
                throw new IOException("Input/output error");
            }
            byte[] file = Bytes;
            if (file.Length < offset + bytes.Length)
            {
                Array.Resize(ref file, (int)offset + bytes.Length);
                _disk._files[_path] = file;
            }
            bytes.CopyTo(file.AsSpan((int)offset));
        }

        public void Sync() => _ = Bytes;

        public void Dispose() => _isClosed = true;
    }
}
