using HotPath.Faults.Checking;

namespace HotPath.Faults.Processes;

/// <summary>A kind of fault, and how one point of it is made.</summary>
internal abstract class FaultKind
{
    /// <summary>What it is called on the command line.</summary>
    internal abstract string Name { get; }

    /// <summary>One line for people: what happens, what must hold.</summary>
    internal abstract string About { get; }

    /// <summary>Points of the short set and of the long one.</summary>
    internal abstract (int Short, int Long) Points { get; }

    /// <summary>Points that share a data directory and one wait for every trade's end.</summary>
    internal virtual int PointsABatch => 25;

    internal virtual IReadOnlyList<Tool> Tools => [Tool.Strace];

    internal virtual GatewaySetup Setup(Random random) => new() { SettleWindow = TimeSpan.FromSeconds(random.Next(4) == 0 ? 15 : 4) };

    /// <summary>Before the first point of a batch.</summary>
    internal virtual Task BeginAsync(Rig rig) => Task.CompletedTask;

    /// <summary>Starts the gateway where it does not run, makes the fault strike, and leaves it running only where it stood it.</summary>
    internal abstract Task StrikeAsync(Rig rig, FaultPoint point);

    /// <summary>After the last point of a batch: faults are over. The gateway is started when this has returned.</summary>
    internal virtual Task EndAsync(Rig rig) => Task.CompletedTask;

    /// <summary>Takes away what <see cref="BeginAsync"/> put there.</summary>
    internal virtual void Clear(Rig rig)
    {
    }
}

/// <summary>One point at which a fault strikes, and what came of it.</summary>
internal sealed class FaultPoint(string kind, int number, int seed)
{
    internal string Kind { get; } = kind;

    /// <summary>Counted from 0: the same number makes the same fault.</summary>
    internal int Number { get; } = number;

    internal int Seed { get; } = seed;

    internal Random Random { get; } = new(seed);

    /// <summary>What was to happen.</summary>
    internal string Fault { get; set; } = "";

    /// <summary>It did happen: the process got to the point.</summary>
    internal bool HasStruck { get; set; }

    internal int? ExitCode { get; set; }

    /// <summary>From the fault to the end of the process, where that is promised.</summary>
    internal TimeSpan? TimeToStop { get; set; }

    internal List<Broken> Broken { get; } = [];

    /// <summary>An expectation of this kind that was not met; <paramref name="promise"/> is its number in the failure model.</summary>
    internal void Expect(bool isMet, string promise, string sentence)
    {
        if (!isMet)
        {
            Broken.Add(new Broken(promise, 0, "", "", $"{Fault}: {sentence}"));
        }
    }
}
