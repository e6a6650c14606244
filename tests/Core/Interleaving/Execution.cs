namespace HotPath.Core.Tests.Interleaving;

#pragma warning disable CA1001 // The threads of an abandoned execution may still be on their way out; the collector takes what they waited on.

/// <summary>
/// One run of a scenario: real threads of which exactly one moves at a time. At each scheduling point the <see cref="Explorer"/> says who
/// goes on; everybody else waits for the baton.
/// </summary>
internal sealed class Execution
{
    // Far more than any scenario needs: who comes this far goes round in circles.
    private const int MostSteps = 20_000;

    [ThreadStatic]
    private static Actor? _self;

    private readonly Func<int, int> _choose;
    private readonly List<Actor> _actors = [];
    private readonly List<(string Actor, string Where)> _trace = [];
    private readonly ManualResetEventSlim _over = new();
    private readonly int _bound;
    private int _deviations;
    private int _steps;
    private int _inside;
    private volatile bool _isAbandoned;

    /// <param name="bound">How often another than the usual one may go on.</param>
    /// <param name="choose">Given how many may go on, which one does.</param>
    internal Execution(int bound, Func<int, int> choose)
    {
        _bound = bound;
        _choose = choose;
    }

    /// <summary>What broke, if anything.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>The last steps before the end, one a line.</summary>
    internal string Trace => string.Join('\n', _trace.TakeLast(60).Select(step => $"{step.Actor,-10} {step.Where}"));

    /// <summary>The execution that the calling thread belongs to; null for everybody else, and then nothing is controlled.</summary>
    internal static Execution? Current => _self?.Execution;

    /// <summary>Adds a thread. It runs once <see cref="Run"/> has begun and its turn has come.</summary>
    internal void Add(string name, Action body) => _actors.Add(new Actor(this, name, body));

    /// <summary>Adds a thread to an execution under way, which knows it by <paramref name="key"/>.</summary>
    internal void Start(object key, string name, Action body)
    {
        var actor = new Actor(this, name, body) { Key = key };
        _actors.Add(actor);
        Enter(actor);
        Point($"start {name}");
    }

    /// <summary>Lets all actors run to their ends.</summary>
    internal void Run()
    {
        _actors.ForEach(Enter);
        Pick(_actors).Go.Release();
        _over.Wait();
    }

    /// <summary>A place where another thread may come in between.</summary>
    internal static void Point(string where)
    {
        if (_self is { } self)
        {
            self.Execution.Pass(self, where, isReady: null);
        }
    }

    /// <summary>Waits until something is true that another actor makes so.</summary>
    internal static void Until(string what, Func<bool> isTrue)
    {
        Actor self = _self!;
        while (!isTrue())
        {
            self.Execution.Pass(self, what, isTrue);
        }
    }

    /// <summary>A turn of a loop that waits for others without saying for what.</summary>
    internal static void Spin(string where)
    {
        Actor self = _self!;
        int steps = self.Execution._steps;
        self.SpinsSince = steps + 1;
        self.Execution.Pass(self, where, () => self.Execution._steps > steps + 1);
        self.SpinsSince = 0;
    }

    /// <summary>Whether a thread has come by a place inside what it called.</summary>
    internal bool HasPassed(string name, string where) => _trace.Exists(step => step.Actor == name && step.Where.StartsWith(where, StringComparison.Ordinal));

    internal bool HasEnded(object key) => _actors.Find(actor => ReferenceEquals(actor.Key, key))!.IsDone;

    private void Enter(Actor actor)
    {
        Interlocked.Increment(ref _inside);
        Runners.Run(actor.Begin);
    }

    private void Pass(Actor self, string where, Func<bool>? isReady)
    {
        if (_isAbandoned)
        {
            throw new AbandonedException();
        }
        _trace.Add((self.Name, where));
        if (++_steps > MostSteps)
        {
            Abandon(new InvalidOperationException("nobody comes to an end"));
            throw new AbandonedException();
        }
        self.IsReady = isReady;
        HandOver(self);
    }

    private void End(Actor self)
    {
        self.IsDone = true;
        _steps++;
        if (!_isAbandoned && !_actors.TrueForAll(actor => actor.IsDone))
        {
            HandOver(self);
        }
        if (Interlocked.Decrement(ref _inside) == 0)
        {
            _over.Set();
        }
    }

    private void HandOver(Actor self)
    {
        List<Actor> able = Able(self);
        if (able.Count == 0)
        {
            string waiting = string.Join(", ", _actors.Where(actor => !actor.IsDone).Select(actor => actor.Name));
            Abandon(new InvalidOperationException($"nobody can go on; waiting: {waiting}"));
            return;
        }
        Actor next = Pick(able);
        if (ReferenceEquals(next, self))
        {
            return;
        }
        next.Go.Release();
        if (!self.IsDone)
        {
            self.Go.Wait();
            if (_isAbandoned)
            {
                throw new AbandonedException();
            }
        }
    }

    // The usual order: who holds the baton goes on; when it cannot, the next one round; who spins comes last, and who spins longest of those first.
    private List<Actor> Able(Actor self)
    {
        int at = _actors.IndexOf(self);
        var able = new List<Actor>(_actors.Count);
        for (int i = 0; i < _actors.Count; i++)
        {
            if (_actors[(at + i) % _actors.Count] is { CanGoOn: true, SpinsSince: 0 } ready)
            {
                able.Add(ready);
            }
        }
        able.AddRange(_actors.Where(actor => actor is { CanGoOn: true, SpinsSince: > 0 }).OrderBy(actor => actor.SpinsSince));
        return able;
    }

    private Actor Pick(List<Actor> able)
    {
        int choice = able.Count == 1 || _deviations == _bound ? 0 : _choose(able.Count);
        _deviations += choice > 0 ? 1 : 0;
        return able[choice];
    }

    private void Abandon(Exception reason)
    {
        Failure ??= reason;
        _isAbandoned = true;
        foreach (Actor actor in _actors)
        {
            actor.Go.Release();
        }
    }

    private sealed class AbandonedException : Exception;

    /// <summary>A thread under control.</summary>
    private sealed class Actor(Execution execution, string name, Action body)
    {
        internal readonly Execution Execution = execution;
        internal readonly string Name = name;
        internal readonly SemaphoreSlim Go = new(0);

        internal object? Key { get; init; }

        /// <summary>What it waits for; null when it only waits for its turn.</summary>
        internal Func<bool>? IsReady { get; set; }

        /// <summary>The step at which it began to wait for it does not say what; 0 when it does not.</summary>
        internal int SpinsSince { get; set; }

        internal bool IsDone { get; set; }

        internal bool CanGoOn => !IsDone && (IsReady is null || IsReady());

        internal void Begin()
        {
            _self = this;
            Go.Wait();
            try
            {
                if (!Execution._isAbandoned)
                {
                    body();
                }
            }
            catch (AbandonedException)
            {
            }
            catch (Exception failure)
            {
                Execution.Abandon(failure);
            }
            _self = null;
            Execution.End(this);
        }
    }
}
