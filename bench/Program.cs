using System.CommandLine;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HotPath.Bench.Gate;
using HotPath.Bench.Grow;

// gate [--why]: bytes against the baseline, exit 1 when there are more. grow: see its --help. Anything else is BenchmarkDotNet's (--filter *,
// --list flat); --ci in front of it makes a short run.
if (args is ["gate", ..])
{
    return await AllocationGate.RunAsync(args.Contains("--why"), Console.Out);
}
if (args is [GrowCommand.Name or GrowCommand.Fill or GrowCommand.Reopen, ..])
{
    var root = new RootCommand { GrowCommand.Create(), GrowCommand.CreatePart(GrowCommand.Fill), GrowCommand.CreatePart(GrowCommand.Reopen) };
    return await root.Parse(args).InvokeAsync();
}
bool isShort = args is ["--ci", ..];
// In this process: the projects that BenchmarkDotNet generates for a process of their own do not fit our artifacts folder and locked restore.
Job job = (isShort ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkSwitcher.FromAssembly(typeof(AllocationGate).Assembly).Run(isShort ? args[1..] : args, DefaultConfig.Instance.AddJob(job));
return 0;
