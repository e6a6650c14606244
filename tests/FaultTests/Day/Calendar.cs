using HotPath.Faults.Processes;

namespace HotPath.Faults.Tests.Day;

/// <summary>What the town's clocks show: the real time, some days and hours on. The gateway is made to believe it by libfaketime.</summary>
internal sealed class Calendar : TimeProvider
{
    internal static readonly TimeSpan Beijing = TimeSpan.FromHours(8);

    private readonly DateTimeOffset _founded = TimeProvider.System.GetUtcNow().ToOffset(Beijing);
    private TimeSpan _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;

    /// <summary>To an hour of a day, counted from the one on which the town was founded.</summary>
    internal void TurnTo(int days, int hour)
    {
        var then = new DateTimeOffset(_founded.Date.AddDays(days).AddHours(hour), Beijing);
        // Whole seconds are what libfaketime is told.
        _ahead = TimeSpan.FromSeconds(Math.Floor((then - base.GetUtcNow()).TotalSeconds));
    }

    /// <summary>What a process is started with so that its clock shows the same.</summary>
    internal Dictionary<string, string> Environment(string folder)
    {
        string file = Path.Combine(folder, "clock");
        File.WriteAllText(file, $"{_ahead.TotalSeconds:+0;-0;+0}\n");
        return Tool.WallClockOf(file);
    }
}
