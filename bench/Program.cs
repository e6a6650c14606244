using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HotPath.Bench.Gate;

// gate [--why]: bytes against the baseline, exit 1 when there are more. Anything else is BenchmarkDotNet's (--filter *, --list flat);
// --ci in front of it makes a short run.
if (args is ["gate", ..])
{
    return await AllocationGate.RunAsync(args.Contains("--why"), Console.Out);
}
bool isShort = args is ["--ci", ..];
// In this process: the projects that BenchmarkDotNet generates for a process of their own do not fit our artifacts folder and locked restore.
Job job = (isShort ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
BenchmarkSwitcher.FromAssembly(typeof(AllocationGate).Assembly).Run(isShort ? args[1..] : args, DefaultConfig.Instance.AddJob(job));
return 0;
