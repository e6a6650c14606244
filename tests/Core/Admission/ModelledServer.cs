using HotPath.Core.Admission;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Admission;

/// <summary>
/// A machine in virtual time behind the real admission: one queue, served at a rate. Work waits for a thread a ninth of what a call waits in all,
/// as it was measured. Every refusal is held against the floor as it happens.
/// </summary>
internal sealed class ModelledServer : IScheduler, IDisposable
{
    private const int Hops = 9;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly AdmissionControl _admission;
    private readonly Queue<(Admittance Call, long At)> _queue = new();
    private readonly Queue<(long At, double Guarantee)> _guarantees = new();
    private readonly Random _random;
    private IThreadPoolWorkItem? _probe;
    private long _probeDueAt;
    private long _done;
    private double _leastGuarantee = double.MaxValue;
    private double _served;
    private long _nowMs;

    internal ModelledServer(double perSecond, int seed = 1)
    {
        PerSecond = perSecond;
        _random = new Random(seed);
        _admission = new AdmissionControl(new AdmissionOptions(), this, _clock, new GatewayMetrics("test"), NullLogger<AdmissionControl>.Instance);
    }

    internal double PerSecond { get; set; }

    internal bool IsOverloaded => _admission.IsOverloaded;

    internal double Guarantee => _admission.GuaranteePerSecond;

    internal long Finished { get; private set; }

    /// <summary>Longest that a call waited in all, in ms.</summary>
    internal long LongestWaitMs { get; private set; }

    internal Caller NewCaller(double perSecond, bool isBursty = false) => new(new Allowance(_clock), perSecond, isBursty);

    internal void ForgetWhatWas()
    {
        Finished = 0;
        LongestWaitMs = 0;
    }

    internal void Run(TimeSpan time, params Caller[] callers)
    {
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += Step)
        {
            foreach (Caller caller in callers)
            {
                Call(caller);
            }
            Serve();
            _clock.Advance(Step);
            _nowMs++;
            if (_probe is { } probe && (_done >= _probeDueAt || _queue.Count == 0))
            {
                _probe = null;
                probe.Execute();
            }
            _guarantees.Enqueue((_nowMs, Guarantee));
            while (_guarantees.Peek().At <= _nowMs - 1000)
            {
                _guarantees.Dequeue();
            }
            _leastGuarantee = _guarantees.Min(one => one.Guarantee);
        }
    }

    public void Dispose() => _admission.Dispose();

    void IScheduler.Post(IThreadPoolWorkItem item)
    {
        _probe = item;
        _probeDueAt = _done + (_queue.Count / Hops);
    }

    IWorker IScheduler.StartWorker(string name, IWorkerBody body) => throw new NotSupportedException();

    private void Call(Caller caller)
    {
        for (int calls = caller.CallsNow(_nowMs, _random); calls > 0; calls--)
        {
            caller.Asked++;
            int inLastSecond = caller.CountAt(_nowMs);
            Admittance call = _admission.Ask(caller.Allowance);
            if (call.IsGranted)
            {
                caller.Granted++;
                _queue.Enqueue((call, _nowMs));
                continue;
            }
            caller.Refused++;
            // The floor: whoever has not asked for more than its guarantee within a second is not refused. One call for what the rates round away.
            Assert.True(inLastSecond > _leastGuarantee - 1, $"refused at {inLastSecond} calls in the last second, guaranteed {_leastGuarantee:F1}");
        }
    }

    private void Serve()
    {
        _served = _queue.Count == 0 ? 0 : _served + (PerSecond * Step.TotalSeconds);
        for (; _served >= 1 && _queue.TryDequeue(out (Admittance Call, long At) done); _served--)
        {
            done.Call.Dispose();
            Finished++;
            _done++;
            LongestWaitMs = Math.Max(LongestWaitMs, _nowMs - done.At);
        }
    }

    /// <summary>An institution that calls at a rate: at random, or all of a second's calls at once.</summary>
    internal sealed class Caller(Allowance allowance, double perSecond, bool isBursty)
    {
        private readonly Queue<long> _lastSecond = new();

        internal Allowance Allowance { get; } = allowance;

        internal double PerSecond { get; set; } = perSecond;

        internal long Asked { get; set; }

        internal long Granted { get; set; }

        internal long Refused { get; set; }

        internal int CallsNow(long nowMs, Random random)
        {
            if (isBursty)
            {
                return nowMs % 1000 == 500 ? (int)PerSecond : 0;
            }
            // Poisson by Knuth: few a step.
            double limit = Math.Exp(-PerSecond / 1000), product = random.NextDouble();
            int calls = 0;
            for (; product > limit; product *= random.NextDouble())
            {
                calls++;
            }
            return calls;
        }

        internal int CountAt(long nowMs)
        {
            _lastSecond.Enqueue(nowMs);
            while (_lastSecond.Peek() <= nowMs - 1000)
            {
                _lastSecond.Dequeue();
            }
            return _lastSecond.Count;
        }
    }
}
