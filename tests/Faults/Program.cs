using System.CommandLine;
using HotPath.Faults.Accounting;
using HotPath.Faults.Processes;
using HotPath.Faults.Simulation;

return await new RootCommand("HotPath under faults: virtual ones by the thousand, real ones by the hundred")
{
    SimulateVerb.Create(),
    FaultVerb.Create(Console.Out),
    ChannelsVerb.Create(Console.Out),
    FailoverVerb.Create(Console.Out),
}.Parse(args).InvokeAsync();
