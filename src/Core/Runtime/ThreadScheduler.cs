namespace HotPath.Core.Runtime;

/// <summary>The real scheduler: the thread pool, and one thread per worker.</summary>
public sealed class ThreadScheduler : IScheduler
{
    public static readonly ThreadScheduler Instance = new();

    public void Post(IThreadPoolWorkItem item) => ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);

    public void Sleep(TimeSpan time) => Thread.Sleep(time);

    public IWorker StartWorker(string name, IWorkerBody body) => new ThreadWorker(name, body);

    private sealed class ThreadWorker : IWorker
    {
        private readonly IWorkerBody _body;
        private readonly Thread _thread;
        private readonly AutoResetEvent _wakeUp = new(false);

        // Written by the worker (1) and by whoever wakes it (0), each with a full fence.
        private int _isParked;
        private volatile bool _isStopping;

        internal ThreadWorker(string name, IWorkerBody body)
        {
            _body = body;
            _thread = new Thread(Run) { Name = name, IsBackground = true };
            _thread.Start();
        }

        public void Wake()
        {
            // The fence orders the caller's new work before this read; Run orders its own write before it looks for work again.
            Interlocked.MemoryBarrier();
            if (Volatile.Read(ref _isParked) == 1 && Interlocked.Exchange(ref _isParked, 0) == 1)
            {
                _wakeUp.Set();
            }
        }

        public void Dispose()
        {
            _isStopping = true;
            Wake();
            if (_thread != Thread.CurrentThread)
            {
                _thread.Join();
            }
            _wakeUp.Dispose();
        }

        private void Run()
        {
            if (_body.IsInBackground)
            {
                LowPriority.OfThisThread();
            }
            while (!_isStopping)
            {
                WorkerPause pause = _body.Step();
                if (pause.Time == TimeSpan.Zero)
                {
                    continue;
                }
                if (!pause.IsWakeable)
                {
                    ShortSleep.For(pause.Time);
                    continue;
                }
                Interlocked.Exchange(ref _isParked, 1);
                pause = _body.Step();
                if (pause is { IsWakeable: true } && pause.Time > TimeSpan.Zero && !_isStopping)
                {
                    // Up to whole milliseconds: WaitOne rounds down, and a shorter pause would be none, a thread in a circle.
                    _wakeUp.WaitOne(TimeSpan.FromMilliseconds(Math.Ceiling(pause.Time.TotalMilliseconds)));
                }
                Interlocked.Exchange(ref _isParked, 0);
            }
        }
    }
}
