using System.CommandLine;
using System.Globalization;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Running;

namespace HotPath.LoadTest.Commands;

/// <summary>
/// <c>soak</c>: very many payments in a closed loop while the gateway's memory is watched. Signed in portions, since a signature counts
/// for ten minutes only. Exit 0 fine and flat, 1 a wrong answer, one that
/// is no outcome, or memory that grows.
/// </summary>
internal static class SoakCommand
{
    private const int Portion = 20_000;
    private static readonly TimeSpan LongestPortion = TimeSpan.FromMinutes(5);

    private static readonly Option<string> Data = CommonOptions.Data();
    private static readonly Option<string[]> Institutions = CommonOptions.Institutions();
    private static readonly Option<Uri> Url = CommonOptions.Url();
    private static readonly Option<int?> Pid = CommonOptions.Pid();
    private static readonly Option<int> Connections = CommonOptions.Connections();
    private static readonly Option<int> Users = PackCommand.Users();
    private static readonly Option<int> DynamicPercent = PackCommand.DynamicPercent();
    private static readonly Option<int> Payments = CommonOptions.Positive(
        new Option<int>("--payments") { Description = "How many.", DefaultValueFactory = static _ => 1_000_000 });
    private static readonly Option<TimeSpan> SampleEvery = CommonOptions.Duration("--sample-every", TimeSpan.FromSeconds(5), "Between two looks at the memory.");
    private static readonly Option<double> AllowedGrowth = new("--bytes-per-payment")
    {
        // The index keeps up to four records of 56 B of a trade in memory until its budget is full: growth that is meant, and ends there.
        Description = "Growth that still counts as flat, bytes a payment: the index fills its configured memory first.",
        DefaultValueFactory = static _ => 320,
    };

    public static Command Create()
    {
        var command = new Command("soak", "Sends very many payments (closed loop) and says whether the gateway's memory stays flat.")
        {
            Data, Institutions, Url, Pid, Connections, Users, DynamicPercent, Payments, SampleEvery, AllowedGrowth,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var sandbox = Sandbox.Open(parsed.GetValue(Data)!, parsed.GetValue(Url)!, parsed.GetValue(Institutions)!);
        var record = new RunRecord();
        var memory = new MemoryTrend();
        using var sampling = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task sampler = parsed.GetValue(Pid) is { } pid
            ? SampleAsync(new ServerProcess(pid), memory, record, parsed.GetValue(SampleEvery), sampling.Token)
            : Task.CompletedTask;
        await using var run = new LoadRun(sandbox.Endpoint, parsed.GetValue(Connections), record, new AnswerCheck(sandbox.Gateway, 100));
        await run.OpenAsync(cancel);
        int total = parsed.GetValue(Payments);
        for (int sent = 0; sent < total && !cancel.IsCancellationRequested; sent += Portion)
        {
            Pack pack = Packer.Make(Options(parsed, Math.Min(Portion, total - sent)), TimeProvider.System);
            await run.ClosedLoopAsync(pack, 0, LongestPortion, cancel);
        }
        await sampling.CancelAsync();
        await sampler.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int queried = await new TradeAudit(sandbox.Endpoint, sandbox.Signers, sandbox.Gateway, TimeProvider.System).RunAsync(record, cancel);
        return Say(record, memory, queried, total, parsed.GetValue(AllowedGrowth));
    }

    private static int Say(RunRecord record, MemoryTrend memory, int queried, int asked, double allowed)
    {
        string Text(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
        Console.WriteLine(Text($"closed loop: {record.Done} of {record.Offered} answered, {record.Verified} signatures verified, {queried} trades queried"));
        foreach ((string code, long count) in record.Codes)
        {
            Console.WriteLine(Text($"  {code,-16} {count}"));
        }
        foreach (string mismatch in record.Mismatches)
        {
            Console.WriteLine("  MISMATCH: " + mismatch);
        }
        double? slope = memory.BytesPerPayment();
        bool isFlat = slope is null || slope <= allowed;
        Console.WriteLine(slope is null
            ? "memory: not judged, no --pid or too few samples"
            : Text($"memory: {memory.FirstMiB:F0} MiB at first, {memory.LastMiB:F0} MiB at last; slope after the first fifth {slope:F1} B a payment: {(isFlat ? "flat" : "GROWS")}"));
        string[] faults = [.. Faults(record, asked)];
        foreach (string fault in faults)
        {
            Console.WriteLine("  " + fault);
        }
        bool isFine = isFlat && faults.Length == 0;
        Console.WriteLine(isFine ? "soak passed" : "soak failed");
        return isFine ? 0 : 1;
    }

    /// <summary>Why these payments prove nothing about memory; none when each was answered with its outcome. Refusals would be flat too.</summary>
    internal static IEnumerable<string> Faults(RunRecord record, int asked)
    {
        if (record.Mismatches.Count > 0)
        {
            yield return "answers or trades were not what they had to be";
        }
        if (record.Offered < asked)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"only {record.Offered} of {asked} payments were sent");
        }
        if (record.Outcomes != record.Offered)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{record.Offered - record.Outcomes} of {record.Offered} payments got no outcome (0000, 0001 or a B code)");
        }
        if (record.Verified == 0)
        {
            yield return "no answer's signature was verified";
        }
    }

    private static async Task SampleAsync(ServerProcess server, MemoryTrend memory, RunRecord record, TimeSpan every, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(every);
        do
        {
            long resident = server.ResidentBytes();
            memory.Add(record.Done, resident);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {record.Done,9} payments  {resident / 1048576.0,7:F1} MiB resident"));
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }

    private static PackOptions Options(ParseResult parsed, int count) => new()
    {
        DataDirectory = parsed.GetValue(Data)!,
        Count = count,
        Institutions = parsed.GetValue(Institutions)!,
        Users = parsed.GetValue(Users),
        DynamicPercent = parsed.GetValue(DynamicPercent),
    };
}
