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
    private readonly Queue<IThreadPoolWorkItem> _posted = new();
    private int _gone;
    private bool _isOver;

    internal ActorPool(Execution execution, int threads)
    {
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

    public IWorker StartWorker(string name, IWorkerBody body) => ThreadScheduler.Instance.StartWorker(name, body);

    /// <summary>The pool ends when so many have said that they need it no more.</summary>
    internal void Leave(int of) => _isOver = ++_gone == of;
}

/// <summary>The real scheduler for what is looked at after the threads have ended, with posts done at once.</summary>
internal sealed class DirectPool : IScheduler
{
    public void Post(IThreadPoolWorkItem item) => item.Execute();

    public void Sleep(TimeSpan time) => ThreadScheduler.Instance.Sleep(time);

    public IWorker StartWorker(string name, IWorkerBody body) => ThreadScheduler.Instance.StartWorker(name, body);
}

/// <summary>Time stands still; timers fire when the scenario says so, stopped or not.</summary>
internal sealed class StillClock : TimeProvider
{
    private readonly List<StillTimer> _timers = [];

    public override long GetTimestamp() => 1_000_000;

    public override DateTimeOffset GetUtcNow() => new(2026, 9, 19, 2, 30, 0, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StillTimer(callback, state);
        _timers.Add(timer);
        return timer;
    }

    internal void Fire()
    {
        foreach (StillTimer timer in _timers.ToArray())
        {
            timer.Fire();
        }
    }

    private sealed class StillTimer(TimerCallback callback, object? state) : ITimer
    {
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
