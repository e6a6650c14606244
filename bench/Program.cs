using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HotPath.Bench.Gate;
using HotPath.Bench.Grow;
using HotPath.Bench.Recon;
using HotPath.Bench.Report;
using Perfolizer.Horology;

// gate [--why]: bytes against the baseline, exit 1 when there are more. grow: see its --help. recon ROWS: a reconciliation file, exit 1 when it is slow or large. day TRADES DIRECTORY: a book of yesterday. pending TRADES DIRECTORY CHANNEL: a book in doubt. report [FILE]: one page of the last results.
// Anything else is BenchmarkDotNet's (--filter *, --list flat); --ci in front of it makes a short run.
switch (args)
{
    case ["gate", ..]:
        return await AllocationGate.RunAsync(args.Contains("--why"), Console.Out);
    case [GrowCommand.Name or GrowCommand.Fill or GrowCommand.Reopen, ..]:
        var root = new RootCommand { GrowCommand.Create(), GrowCommand.CreatePart(GrowCommand.Fill), GrowCommand.CreatePart(GrowCommand.Reopen) };
        return await root.Parse(args).InvokeAsync();
    case [ReconCommand.Name, ..]:
        return ReconCommand.Run(args, Console.Out);
    case [PendingCommand.Name, ..]:
        return await PendingCommand.RunAsync(args, Console.Out);
    case [DayCommand.Name, ..]:
        return await DayCommand.RunAsync(args, Console.Out);
    case ["report", ..]:
        return BenchmarkReport.Run(args is [_, { } file] ? file : "docs/benchmarks.md", TimeProvider.System);
}
bool isShort = args is ["--ci", ..];
Job length = isShort ? Job.ShortRun.WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(200)) : Job.Default;
// In this process: the projects that BenchmarkDotNet generates for a process of their own do not fit our artifacts folder and locked restore.
IConfig config = DefaultConfig.Instance
    .AddJob(length.WithToolchain(InProcessEmitToolchain.Instance))
    .HideColumns(Column.Job, Column.Toolchain, Column.InvocationCount, Column.IterationCount, Column.IterationTime, Column.LaunchCount, Column.UnrollFactor)
    .HideColumns(Column.WarmupCount, Column.Error, Column.RatioSD, Column.Gen0, Column.Gen1, Column.Gen2, Column.AllocRatio, Column.Median)
    .HideColumns(Column.CompletedWorkItems, Column.LockContentions);
BenchmarkSwitcher.FromAssembly(typeof(AllocationGate).Assembly).Run(isShort ? args[1..] : args, config);
return 0;
