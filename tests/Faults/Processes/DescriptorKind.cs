using System.Net.Sockets;

namespace HotPath.Faults.Processes;

/// <summary>
/// F27, F64: more connections than the process may have files. Every other point as an operator sees it: a limit at the start and twice as
/// many connections as it allows; payments go on, operators are answered. The others are what no limit should let happen: descriptors
/// run out under the running process. It goes on, or it stops, and then a restart recovers; and when there are descriptors again, so is the service.
/// </summary>
/// <remarks>Of the second sort the .NET runtime itself ends the process in some: a new thread needs two descriptors, and none is "out of memory", exit 134.</remarks>
internal sealed class DescriptorKind : FaultKind
{
    // Of these the gateway keeps 2,048 for itself (ServerLimits), 300 are for connections.
    private const string Limit = "--nofile=2348:2348";
    private const int Flood = 600;
    private const int SmallFlood = 100;
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(2.5);

    internal override string Name => "descriptors";

    internal override string About => "more connections than file descriptors: operators answered, journal goes on or stops cleanly, service back (F27, F64)";

    internal override (int Short, int Long) Points => (2, 32);

    internal override int PointsABatch => 8;

    internal override IReadOnlyList<Tool> Tools => [Tool.Limits];

    internal override Task BeginAsync(Rig rig)
    {
        // Without a descriptor a connection stays in the kernel's queue, and its caller hears nothing: that is no call of the gateway's.
        rig.CallLimit = TimeSpan.FromSeconds(4);
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
        int left = point.Number * 3 % 16;
        point.Fault = $"{left} descriptors left, {SmallFlood} connections come";
        rig.Mark(point.Fault);
        if (!await rig.StartAsync())
        {
            point.Expect(false, "F06", $"it does not start: {rig.Gateway!.LastLine}");
            return;
        }
        string pid = $"{rig.Gateway!.Id}";
        string before = Tool.Run("prlimit", "--pid", pid, "--nofile", "--noheadings", "--output=SOFT").Trim();
        Tool.Run("prlimit", "--pid", pid, $"--nofile={Directory.GetFiles($"/proc/{pid}/fd").Length + left}:");
        Socket[] flood = await ConnectAsync(rig, SmallFlood);
        await rig.LoadAsync(point.Seed, LoadTime);
        point.HasStruck = true;
        Close(flood);
        if (!rig.Gateway.HasEnded && Tool.Try("prlimit", "--pid", pid, $"--nofile={before}:"))
        {
            rig.Mark("there are descriptors again");
            rig.Reconnect();
            point.Expect(await rig.IsServingAsync(point.Random) || rig.Gateway.HasEnded, "F64", "there are descriptors again, and no payment is taken");
        }
        point.ExitCode = (await rig.KillAsync()).Code;
        point.Expect(point.ExitCode != 0, "F64", "the process ended as if it had been asked to");
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
            return await operators.GetStringAsync("/livez") == "ok\n";
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
