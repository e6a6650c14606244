using HotPath.Core.Runtime;

namespace HotPath.Faults.Simulation;

/// <summary>Core's scheduler on the event loop: a posted item is an event, and so is each step of a worker.</summary>
internal sealed class VirtualScheduler(Life life) : IScheduler
{
    public void Post(IThreadPoolWorkItem item) => life.Post(static item => ((IThreadPoolWorkItem)item!).Execute(), item);

    public void Sleep(TimeSpan time) => life.Loop.Park(life, time);

    public IWorker StartWorker(string name, IWorkerBody body)
    {
        var worker = new Worker(life, body);
        worker.StepSoon();
        return worker;
    }

    /// <summary>The states of ThreadScheduler's worker, without its thread.</summary>
    private sealed class Worker(Life life, IWorkerBody body) : IWorker
    {
        private static readonly TimeSpan Instant = TimeSpan.FromTicks(10);

        private bool _isParking;
        private bool _isAsleep;
        private bool _isWoken;
        private bool _isStopping;
        private bool _hasEnded;
        private long _sleep;

        internal void StepSoon() => life.Post(Step);

        public void Wake()
        {
            if (!_isParking)
            {
                return;
            }
            _isParking = false;
            _isWoken = true;
            if (_isAsleep)
            {
                _isAsleep = false;
                _sleep++;
                StepSoon();
            }
        }

        public void Dispose()
        {
            _isStopping = true;
            Wake();
            while (!_hasEnded)
            {
                life.Loop.Park(life, TimeSpan.FromMicroseconds(50));
            }
        }

        private void Step()
        {
            if (_isStopping)
            {
                _hasEnded = true;
                return;
            }
            WorkerPause pause = body.Step();
            if (pause.Time == TimeSpan.Zero || !pause.IsWakeable)
            {
                life.After(pause.Time + Instant, Step);
                return;
            }
            _isParking = true;
            _isWoken = false;
            pause = body.Step();
            if (!pause.IsWakeable || pause.Time == TimeSpan.Zero || _isWoken || _isStopping)
            {
                _isParking = false;
                StepSoon();
                return;
            }
            _isAsleep = true;
            long sleep = ++_sleep;
            life.After(pause.Time, () => EndSleep(sleep));
        }

        private void EndSleep(long sleep)
        {
            if (_isAsleep && sleep == _sleep)
            {
                _isAsleep = false;
                _isParking = false;
                Step();
            }
        }
    }
}
