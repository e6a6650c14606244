using System.CommandLine;
using HotPath.Faults.Processes;

return await new RootCommand("HotPath under faults: virtual ones by the thousand, real ones by the hundred")
{
    FaultVerb.Create(Console.Out),
}.Parse(args).InvokeAsync();
