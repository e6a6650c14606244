using System.Net.Sockets;

namespace HotPath.Faults.Processes;

/// <summary>
/// F27, F64: more connections than the process may have files. Every other point as an operator sees it: a limit at the start and twice as
/// many connections as it allows; payments go on, operators are answered. The others are what no limit should let happen: descriptors
/// run out under the running process. It goes on, or it stops, and then a restart recovers; and when there are descriptors again, so is the service.
/// </summary>
/// <remarks>
/// Each of the second sort strikes a process that nobody has called yet: what it opens at first use, it opens without a descriptor, and what
/// the runtime remembers of that failure it remembers for ever. Afterwards everything is asked for that it could have lost: a handshake, a
/// payment that reaches the channel, an inquiry that does, the operators' metrics.
/// <para>
/// Of the second sort the .NET runtime itself ends the process in some: a new thread needs two descriptors, and none is "out of memory", exit 134.
/// </para>
/// </remarks>
internal sealed class DescriptorKind : FaultKind
{
    // Of these the gateway keeps 2,048 for itself (ServerLimits), 300 are for connections.
    private const string Limit = "--nofile=2348:2348";
    private const int Flood = 600;
    private const int SmallFlood = 100;
    // Assemblies, native libraries, and types whose initializers met either.
    private static readonly string[] RememberedFailures = ["Could not load file or assembly", nameof(DllNotFoundException), nameof(TypeInitializationException)];
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(2.5);

    internal override string Name => "descriptors";

    internal override string About => "more connections than file descriptors: operators answered, journal goes on or stops cleanly, service back (F27, F64)";

    internal override (int Short, int Long) Points => (4, 32);

    internal override int PointsABatch => 8;

    internal override IReadOnlyList<Tool> Tools => [Tool.Limits];

    internal override Task BeginAsync(Rig rig)
    {
        // Without a descriptor a connection stays in the kernel's queue, and its caller hears nothing: that is no call of the gateway's.
        rig.CallLimit = TimeSpan.FromSeconds(4);
        // A connection that is refused at once must not become thousands of orders that all begin when the faults are over.
        rig.UnansweredPause = TimeSpan.FromMilliseconds(50);
        return Task.CompletedTask;
    }

    internal override Task StrikeAsync(Rig rig, FaultPoint point) => point.Number % 2 == 0 ? FloodAsync(rig, point) : ExhaustAsync(rig, point);

    private static async Task FloodAsync(Rig rig, FaultPoint point)
    {
        point.Fault = $"{Flood} connections come, 300 are allowed";
        rig.Mark(point.Fault);
        if (!await rig.StartAsync(["prlimit", Limit]))
        {
            point.Expect(false, "F06", $"it does not start: {rig.Gateway!.LastLine}");
            return;
        }
        // The institutions have their connections by the time the flood comes.
        await rig.LoadAsync(point.Seed, TimeSpan.FromMilliseconds(500));
        Socket[] flood = await ConnectAsync(rig, Flood);
        Task load = rig.LoadAsync(point.Seed + 1, LoadTime);
        point.Expect(await AnswersAsync(rig), "F27", "the operators' listener does not answer a new connection");
        await load;
        point.HasStruck = true;
        point.Expect(!rig.Gateway!.HasEnded, "F27", $"the process ended: {rig.Gateway.LastLine}");
        Close(flood);
        rig.Reconnect();
        point.Expect(rig.Gateway.HasEnded || await rig.IsServingAsync(point.Random), "F27", "the flood is over, and no payment is taken");
        point.ExitCode = (await rig.KillAsync()).Code;
    }

    private static async Task ExhaustAsync(Rig rig, FaultPoint point)
    {
        int left = (9 + (point.Number / 2 * 5)) % 16;
        // A flood takes what is left before anything is done with it; without one each call finds a few, and each time another step has none.
        int flooding = (point.Number / 2 % 3) switch { 0 => SmallFlood / 5, 1 => SmallFlood, _ => 0 };
        point.Fault = $"{left} descriptors left, {flooding} connections come";
        rig.Mark(point.Fault);
        if (!await rig.StartAsync())
        {
            point.Expect(false, "F06", $"it does not start: {rig.Gateway!.LastLine}");
            return;
        }
        string pid = $"{rig.Gateway!.Id}";
        string before = Tool.Run("prlimit", "--pid", pid, "--nofile", "--noheadings", "--output=SOFT").Trim();
        Tool.Run("prlimit", "--pid", pid, $"--nofile={Directory.GetFiles($"/proc/{pid}/fd").Length + left}:");
        Socket[] flood = await ConnectAsync(rig, flooding);
        Task<bool> operators = AnswersAsync(rig);
        await rig.LoadAsync(point.Seed, LoadTime);
        await operators;
        point.HasStruck = true;
        Close(flood);
        if (!rig.Gateway.HasEnded && Tool.Try("prlimit", "--pid", pid, $"--nofile={before}:"))
        {
            rig.Mark("there are descriptors again");
            rig.Reconnect();
            bool isPaying = await rig.IsPayingAsync(point.Random);
            bool isInquiring = isPaying && await rig.IsInquiringAsync(point.Random);
            bool isAnsweringOperators = await AnswersAsync(rig);
            if (!rig.Gateway.HasEnded)
            {
                point.Expect(isPaying, "F64", "there are descriptors again, and no payment is paid");
                point.Expect(!isPaying || isInquiring, "F64", "there are descriptors again, and no payment in doubt is inquired");
                point.Expect(isAnsweringOperators, "F64", "there are descriptors again, and operators are not answered");
            }
        }
        point.ExitCode = (await rig.KillAsync()).Code;
        point.Expect(point.ExitCode != 0, "F64", "the process ended as if it had been asked to");
        string? remembered = rig.Gateway.Lines.FirstOrDefault(static line => RememberedFailures.Any(line.Contains));
        point.Expect(remembered is null, "F64", $"the runtime could not open what it never tries again: {remembered}");
    }

    private static async Task<Socket[]> ConnectAsync(Rig rig, int count)
    {
        Socket[] sockets = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        await Task.WhenAll(sockets.Select(async socket =>
        {
            try
            {
                await socket.ConnectAsync("127.0.0.1", rig.Api!.Port);
            }
            catch (SocketException)
            {
                // Refused is as good as any other answer to a flood.
            }
        }));
        return sockets;
    }

    private static void Close(Socket[] sockets) => Array.ForEach(sockets, static socket => socket.Dispose());

    private static async Task<bool> AnswersAsync(Rig rig)
    {
        using var operators = new HttpClient { BaseAddress = rig.Admin, Timeout = TimeSpan.FromSeconds(3) };
        try
        {
            return await operators.GetStringAsync("/livez") == "ok\n" && (await operators.GetStringAsync("/metrics")).Length > 0;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
