using System.CommandLine;

return await new RootCommand("HotPath under faults: virtual ones by the thousand, real ones by the hundred").Parse(args).InvokeAsync();
