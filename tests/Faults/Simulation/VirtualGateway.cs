using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Breakers;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;
using HotPath.Core.Wire;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;

namespace HotPath.Faults.Simulation;

/// <summary>
/// The gateway's machine: the disk, the clock, and a process on it that is started, killed, stopped and started again. The process is the
/// real ledger, corridor and resolver; what Kestrel and the program around them do is written here in a few lines.
/// </summary>
internal sealed class VirtualGateway
{
    internal const string DataDirectory = "/data";
    internal const string GatewaySecret = "the gateway's";

    private static readonly string[] Currencies = ["HKD", "CNY", "JPY"];
    private static readonly TimeSpan DrainBudget = TimeSpan.FromSeconds(4);

    private readonly Run _run;
    private readonly GatewayMetrics _metrics = new("simulation");
    private Process? _process;
    private int _starts;
    private bool _isHalted;

    internal VirtualGateway(Run run) => _run = run;

    internal VirtualDisk Disk { get; } = new();

    internal WallClock Wall { get; } = new();

    /// <summary>What is kept of notifications, over all lives.</summary>
    internal NotificationFile Notifications { get; } = new();

    internal int Starts => _starts;

    internal bool IsReady => _process is { IsReady: true };

    /// <summary>What a client's connection gets: the answer's status and body, once there is one. Status 0: cut.</summary>
    internal void Receive(byte[] request, Action<int, byte[]> answer)
    {
        if (_process is not { IsReady: true } process)
        {
            answer(0, []);
            return;
        }
        process.Life.Start(() => ServeAsync(process, request, answer));
    }

    /// <summary>Starts the process; it may die on the way, and comes again by itself.</summary>
    internal void Start()
    {
        _isHalted = false;
        var life = new Life(_run.Loop, $"process {++_starts}");
        var process = new Process(life);
        _process = process;
        _run.Tally.Count("starts");
        life.Start(() => StartAsync(process));
    }

    /// <summary>Ends the process between two steps of it, or in the middle of a disk call; the machine may lose its power with it.</summary>
    internal void Crash(bool losesPower, string how)
    {
        if (_process is { } process)
        {
            Crash(process.Life, losesPower, how);
        }
    }

    internal void Crash(Life life, bool losesPower, string how)
    {
        if (life.IsDead)
        {
            return;
        }
        life.Kill();
        _run.Tally.Count(losesPower ? "power lost" : "killed");
        _run.Mark($"{life.Name}: {how}{(losesPower ? ", and the machine lost its power" : "")}");
        if (losesPower)
        {
            Disk.LosePower(_run.Chance);
        }
        ComeBack();
    }

    /// <summary>SIGTERM: drains, stops, and starts again.</summary>
    internal void Stop(bool comesBack = true)
    {
        if (_process is { IsReady: true } process)
        {
            process.IsReady = false;
            _run.Tally.Count("stops");
            process.Life.Start(() => StopAsync(process, comesBack));
        }
    }

    /// <summary>Ends the process, and nobody starts it again.</summary>
    internal void Halt()
    {
        _isHalted = true;
        _process?.Life.Kill();
        _process = null;
    }

    private async Task StopAsync(Process process, bool comesBack)
    {
        long deadline = _run.Loop.Now + DrainBudget.Ticks;
        while (process.Requests > 0 && _run.Loop.Now < deadline)
        {
            await process.Life.Delay(TimeSpan.FromMilliseconds(5));
        }
        process.Feed?.Dispose();
        await process.Corridor!.DisposeAsync();
        if (process.Notifier is { } notifier)
        {
            await notifier.DisposeAsync();
        }
        await process.Ledger!.DisposeAsync();
        // The ledger catches whatever stops it, a kill in a disk call too.
        process.Life.ThrowIfDead();
        process.Life.Kill();
        process.HasStopped = true;
        _run.Mark($"{process.Life.Name} stopped");
        if (comesBack)
        {
            ComeBack();
        }
    }

    private void ComeBack()
    {
        _process = null;
        int starts = _starts;
        _run.Loop.World.After(_run.Chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2)), () =>
        {
            if (!_isHalted && starts == _starts)
            {
                Start();
            }
        });
    }

    private async Task StartAsync(Process process)
    {
        Life life = process.Life;
        try
        {
            var time = new VirtualTime(life, Wall, _run.Chance.Branch((ulong)_starts));
            var scheduler = new VirtualScheduler(life);
            IJournalStorage storage = _run.Bugs.Storage(new VirtualStorage(Disk, life, _run.Troubles, _run.Durable));
            double failureRate = _run.Plan.Has(FaultKinds.Checkpoints) && !_run.Troubles.IsCalm ? _run.Plan.CheckpointFailureRate : 0;
            var indexes = new VirtualIndexFactory(DataDirectory, storage, _run.Chance.Branch((ulong)_starts + 1_000), failureRate, what => _run.Tally.Count(what));
            EmbeddedLedger ledger = EmbeddedLedger.Open(Options(), scheduler, time, _metrics, said => Hear(process, said), storage, indexes);
            process.Ledger = ledger;
            ILedger book = _run.Bugs.Ledger(ledger, scheduler);
            InstitutionDirectory institutions = Institutions(time);
            process.Corridor = Build(book, institutions, life, scheduler, time);
            await process.Corridor.Resolver.StartAsync();
            if (_run.Plan.NotifyFaultRate is not null)
            {
                process.Notifier = new Notifier(
                    book, institutions, Keys(), _run.Bugs.Notifications(new VirtualNotificationStore(Notifications, life, _run.Troubles, Disk)), _run.Receivers.Sender(life),
                    new NotifyOptions { Chance = new Random((int)_run.Chance.Next()) }, scheduler, time, _metrics, NullLogger<Notifier>.Instance);
                process.Feed = new ChangeFeed(book, [process.Notifier], scheduler, time, NullLogger<ChangeFeed>.Instance);
            }
            process.IsReady = true;
        }
        catch (Exception failure) when (failure is IOException or LedgerUnavailableException)
        {
            // As the program does: it says why, and its supervisor starts it again.
            End(process, $"could not start: {failure.Message}");
        }
        catch (JournalDamagedException damage) when (_run.Troubles.HasFailed(life))
        {
            End(process, $"could not start: {damage.Message}");
        }
        catch (JournalDamagedException damage)
        {
            _run.Refused(damage);
            life.Kill();
        }
    }

    private EmbeddedLedgerOptions Options() => new()
    {
        DataDirectory = DataDirectory,
        NodeId = 7,
        MaxTrades = 100_000,
        SegmentBytes = _run.Plan.SegmentBytes,
        CommandRingCapacity = _run.Plan.RingCapacity,
        CheckpointEveryRecords = _run.Plan.CheckpointEveryRecords,
        CheckpointInterval = _run.Plan.CheckpointInterval,
        ScrubBytesPerSecond = _run.Plan.ScrubBytesPerSecond,
        DiskReserveBytes = _run.Plan.DiskReserveBytes,
        NewLedgerId = _run.Chance.Next,
    };

    private static Currency[] Enabled => [.. Currencies.Select(name => Currency.Parse(System.Text.Encoding.ASCII.GetBytes(name)))];

    private static GatewayKeys Keys() => new(new VirtualSigningKey("gw-1", GatewaySecret));

    private InstitutionDirectory Institutions(VirtualTime time) => new([.. Enumerable.Range(1, _run.Plan.Institutions).Select(number => new Institution(
        VirtualClient.InstIdOf(number), Region.Domestic, number % 2 == 0 ? Language.English : Language.Chinese, Enabled,
        new KeyRing([new RegisteredKey("k1", new VirtualVerifyingKey(VirtualClient.InstIdOf(number)))]), new Allowance(time),
        _metrics.ForInstitution(VirtualClient.InstIdOf(number)))
    {
        NotifyTarget = _run.Receivers.IsTold(number) ? new NotifyTarget(VirtualReceivers.AddressOf(number), 8) : null,
    })]);

    private Corridor Build(ILedger ledger, InstitutionDirectory institutions, Life life, VirtualScheduler scheduler, VirtualTime time)
    {
        Channel[] channels = [.. _run.Channels.Select(channel => new Channel(
            new ChannelOptions
            {
                Id = channel.Id,
                MaxInFlight = _run.Plan.MaxInFlight,
                SettleWindow = VirtualChannel.SettleWindow,
                Breaker = new BreakerOptions { OpensByItself = _run.Plan.HasBreaker },
            },
            _run.Bugs.Adapter(new VirtualAdapter(channel, life, _run.BeforeSend)), scheduler, time, _metrics))];
        var router = new Router(
            [.. channels.Select(channel => new Route { Channel = channel, Currencies = Enabled.ToHashSet(), Priority = 1 })], dice: new Random((int)_run.Chance.Next()));
        return new Corridor(
            ledger, router, institutions, Keys(), new PipelineOptions { LogSampleEvery = 0 },
            scheduler, time, _metrics, NullLoggerFactory.Instance);
    }

    /// <summary>PaymentEndpoint, without its sockets.</summary>
    private async Task ServeAsync(Process process, byte[] request, Action<int, byte[]> answer)
    {
        process.Requests++;
        RequestSlot slot = process.Slots.TryPop(out RequestSlot? used) ? used : new RequestSlot();
        request.CopyTo(slot.BodyBuffer);
        slot.SetBody(request.Length);
        slot.ArrivedAt = _run.Loop.Now;
        try
        {
            await process.Corridor!.Pipeline.RunAsync(slot);
        }
        catch (Exception failure) when (failure is LedgerUnavailableException or JournalDamagedException)
        {
            slot.HttpStatus = 0;
        }
        process.Life.ThrowIfDead();
        byte[] body = slot.HttpStatus == 200 ? slot.Answer.Json.ToArray() : [];
        int status = slot.HttpStatus;
        slot.Clear();
        process.Slots.Push(slot);
        process.Requests--;
        answer(status, body);
    }

    private void Hear(Process process, LedgerEvent said)
    {
        if (process.Life.IsDead)
        {
            return;
        }
        _run.Tally.Count($"ledger {said.Kind}");
        _run.Mark($"{process.Life.Name}: {said.Kind}: {said.Message}");
        if (said.Kind == LedgerEventKind.Stopped)
        {
            // GatewayProcess: exit code 70, at once, which is some time when threads are busy.
            process.IsReady = false;
            _run.Loop.World.After(_run.Chance.Between(TimeSpan.Zero, TimeSpan.FromMilliseconds(500)), () => End(process, "ended: the ledger had stopped"));
        }
    }

    private void End(Process process, string why)
    {
        if (!process.Life.IsDead)
        {
            process.Life.Kill();
            _run.Tally.Count("ended itself");
            _run.Mark($"{process.Life.Name} {why}");
            ComeBack();
        }
    }

    private sealed class Process(Life life)
    {
        internal Life Life => life;

        internal EmbeddedLedger? Ledger { get; set; }

        internal Corridor? Corridor { get; set; }

        internal Notifier? Notifier { get; set; }

        internal ChangeFeed? Feed { get; set; }

        internal bool IsReady { get; set; }

        internal bool HasStopped { get; set; }

        internal int Requests { get; set; }

        internal Stack<RequestSlot> Slots { get; } = [];
    }
}
