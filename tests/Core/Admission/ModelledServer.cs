using HotPath.Core.Admission;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Admission;

/// <summary>
/// A machine in virtual time behind the real admission: one line for its threads, served at a rate, in which a call stands before and after its
/// channel. Work waits for a thread a ninth of what it waits in all, as it was measured. Every refusal is held against the floor as it happens.
/// </summary>
internal sealed class ModelledServer : IScheduler, IDisposable
{
    private const int Hops = 9;
    private const double StrangersCost = 0.25;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly AdmissionControl _admission;
    private readonly Queue<Work> _line = new();
    private readonly Queue<Work> _atChannel = new();
    private readonly Queue<(long At, double Guarantee)> _guarantees = new();
    private readonly Random _random;
    private double _leastGuarantee = double.MaxValue;
    private IThreadPoolWorkItem? _probe;
    private double _probeDueAt;
    private long _probeNotBeforeMs;
    private double _inLine;
    private double _done;
    private double _served;
    private long _nowMs;

    internal ModelledServer(double perSecond, int seed = 1)
    {
        PerSecond = perSecond;
        _random = new Random(seed);
        _admission = new AdmissionControl(new AdmissionOptions(), this, _clock, new GatewayMetrics("test"), NullLogger<AdmissionControl>.Instance);
    }

    /// <summary>Calls a second that the machine could do if it did nothing else.</summary>
    internal double PerSecond { get; set; }

    /// <summary>How long a channel takes. 0: there is none.</summary>
    internal int ChannelMs { get; init; }

    /// <summary>Somebody else has the cores: work waits at least so long for a thread, however little we do.</summary>
    internal int NeighbourMs { get; init; }

    internal bool IsOverloaded => _admission.IsOverloaded;

    internal double Guarantee => _admission.GuaranteePerSecond;

    internal long Finished { get; private set; }

    /// <summary>Longest that a call took in all, in ms.</summary>
    internal long LongestWaitMs { get; private set; }

    internal Caller NewCaller(double perSecond, bool isBursty = false) => new(new Allowance(_clock), perSecond, isBursty);

    /// <summary>Connections of people without a key, who call again as soon as they are refused: a call of theirs costs a quarter of a payment and is never admitted.</summary>
    internal void AddStrangers(int connections)
    {
        for (int i = 0; i < connections; i++)
        {
            StandInLine(new Work { Cost = StrangersCost });
        }
    }

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
            while (_atChannel.TryPeek(out Work? back) && back.ComesBackAtMs <= _nowMs)
            {
                back.Aside.Dispose();
                StandInLine(_atChannel.Dequeue());
            }
            Serve();
            _clock.Advance(Step);
            _nowMs++;
            if (_probe is { } probe && _nowMs >= _probeNotBeforeMs && (_done >= _probeDueAt || _line.Count == 0))
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
        _probeDueAt = _done + (_inLine / Hops);
        _probeNotBeforeMs = _nowMs + NeighbourMs;
    }

    void IScheduler.Sleep(TimeSpan time) => throw new NotSupportedException();

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
                StandInLine(new Work { Call = call, AtMs = _nowMs, Cost = ChannelMs > 0 ? 0.5 : 1, IsBeforeChannel = ChannelMs > 0 });
                continue;
            }
            caller.Refused++;
            // The floor: whoever has not asked for more than its guarantee within a second is not refused. One call for what the rates round away.
            Assert.True(inLastSecond > _leastGuarantee - 1, $"refused at {inLastSecond} calls in the last second, guaranteed {_leastGuarantee:F1}");
        }
    }

    private void StandInLine(Work work)
    {
        _line.Enqueue(work);
        _inLine += work.Cost;
    }

    private void Serve()
    {
        _served = _line.Count == 0 ? 0 : _served + (PerSecond * Step.TotalSeconds);
        while (_line.TryPeek(out Work? work) && _served >= work.Cost)
        {
            _line.Dequeue();
            _served -= work.Cost;
            _inLine -= work.Cost;
            _done += work.Cost;
            GoOn(work);
        }
    }

    private void GoOn(Work work)
    {
        if (!work.Call.IsGranted)
        {
            StandInLine(work);
        }
        else if (work.IsBeforeChannel)
        {
            work.IsBeforeChannel = false;
            work.Aside = work.Call.StepAside();
            work.ComesBackAtMs = _nowMs + ChannelMs;
            _atChannel.Enqueue(work);
        }
        else
        {
            work.Call.Dispose();
            Finished++;
            LongestWaitMs = Math.Max(LongestWaitMs, _nowMs - work.AtMs);
        }
    }

    private sealed class Work
    {
        /// <summary>A stranger's call is none.</summary>
        internal Admittance Call { get; init; }

        internal double Cost { get; init; }

        internal bool IsBeforeChannel { get; set; }

        internal Admittance.Aside Aside { get; set; }

        internal long AtMs { get; init; }

        internal long ComesBackAtMs { get; set; }
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
