using System.Text;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using HotPath.Core.Notify.Storage;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Ledger;
using HotPath.Signing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Notify;

/// <summary>A notifier on virtual time over a real ledger and a real store; institutions that answer as a test says. Nothing runs but in <see cref="Run"/>.</summary>
internal sealed class NotifierBench : IAsyncDisposable
{
    internal static readonly string[] Names = ["CN000001", "HK000001", "SG000001"];

    private static readonly (string Private, string Public) GatewayPem = PemKeys.Generate();
    private static readonly (string Private, string Public) InstitutionPem = PemKeys.Generate();

    private readonly LedgerBench _ledgers = new(segmentBytes: 256 * 1024);
    private readonly string _folder = Directory.CreateTempSubdirectory("hotpath-notify-").FullName;
    private readonly SteppedScheduler _scheduler = new();
    private long _sequence;

    private readonly Func<INotificationStore, INotificationStore> _around;
    private readonly Func<ILedger, ILedger> _book;

    internal NotifierBench(
        NotifyOptions? options = null, Func<INotificationStore, INotificationStore>? around = null, Func<ILedger, ILedger>? book = null)
    {
        _around = around ?? (static store => store);
        _book = book ?? (static ledger => ledger);
        Options = options ?? new NotifyOptions { Chance = new Random(1) };
        Ledger = _ledgers.Open();
        Open();
    }

    internal NotifyOptions Options { get; }

    internal EmbeddedLedger Ledger { get; }

    internal FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 9, 19, 2, 30, 0, TimeSpan.Zero));

    internal Notifier Notifier { get; private set; } = null!;

    internal ToldSender Sender { get; private set; } = null!;

    internal string StorePath => Path.Combine(_folder, "notify.db");

    internal FeedPosition Position => new(_sequence, _sequence, 0);

    /// <summary>What was sent in all lives, in order: when, to whom, what.</summary>
    internal List<(DateTimeOffset At, string Inst, string Body)> Sent { get; } = [];

    /// <summary>How an institution answers; default: it acknowledges.</summary>
    internal Func<string, ValueTask<SendOutcome>> Answer { get; set; } = static _ => new(SendOutcome.Acknowledged);

    internal static VerifyingKey GatewayKey { get; } = PemKeys.ReadPublic(GatewayPem.Public);

    public async ValueTask DisposeAsync()
    {
        await Notifier.DisposeAsync();
        await _ledgers.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A trade that ended, in the book and shown to the notifier.</summary>
    internal async Task<NotifyId> EndTradeAsync(int inst = 0, TradeStatus status = TradeStatus.Success)
    {
        string name = $"{++_sequence}";
        Trade trade = Trades.New(Ledger, "R" + name, "T" + name, InstId.From(Names[inst]));
        await Ledger.ClaimAsync(trade);
        await Ledger.CompleteAsync(trade.Ended(Ledger, Clock.GetUtcNow().ToUnixTimeMilliseconds(), status));
        Show(trade);
        return new NotifyId(NotifyType.Trade, trade.TradeNo);
    }

    /// <summary>What was held goes on by itself, on the pool: it comes to its end while little virtual time passes.</summary>
    internal async Task LetEndAsync()
    {
        for (int i = 0; i < 100; i++)
        {
            await Task.Delay(1);
            Run(TimeSpan.FromMilliseconds(50));
        }
    }

    /// <summary>The notify_id of what was sent.</summary>
    internal static string IdOf((DateTimeOffset At, string Inst, string Body) sent)
    {
        using var body = System.Text.Json.JsonDocument.Parse(sent.Body);
        return body.RootElement.GetProperty("notify_id").GetString()!;
    }

    /// <summary>The whole journal from its beginning, as the feed shows it to one that begins again.</summary>
    internal async Task ShowAllAsync(params NotifyId[] ids)
    {
        var trade = new Trade();
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.True(await Ledger.FindAsync(ids[i].Number, trade));
            Notifier.Ended(trade, i + 1);
        }
        Notifier.Shown(new FeedPosition(_sequence + 1, _sequence + 1, 0));
    }

    internal void Show(Trade trade)
    {
        Notifier.Ended(trade, _sequence);
        Notifier.Shown(new FeedPosition(_sequence + 1, _sequence + 1, 0));
    }

    /// <summary>Lets virtual time pass, the notifier doing what it does whenever it wants to.</summary>
    internal void Run(TimeSpan time)
    {
        DateTimeOffset end = Clock.GetUtcNow() + time;
        while (true)
        {
            TimeSpan pause = Notifier.Step().Time;
            TimeSpan left = end - Clock.GetUtcNow();
            if (pause >= left)
            {
                Clock.Advance(left);
                Notifier.Step();
                return;
            }
            Clock.Advance(pause);
        }
    }

    /// <summary>A stop and a new start; a crash leaves in the store what was saved before.</summary>
    internal async Task RestartAsync(bool isCrash, bool losesStore = false)
    {
        string saved = Path.Combine(_folder, "saved.db");
        if (isCrash)
        {
            File.Copy(StorePath, saved, overwrite: true);
            File.Copy(StorePath + "-wal", saved + "-wal", overwrite: true);
        }
        await Notifier.DisposeAsync();
        if (isCrash || losesStore)
        {
            foreach (string path in Directory.GetFiles(_folder, "notify.db*"))
            {
                File.Delete(path);
            }
        }
        if (isCrash)
        {
            File.Move(saved, StorePath);
            File.Move(saved + "-wal", StorePath + "-wal");
        }
        Open();
    }

    private void Open()
    {
        Sender = new ToldSender(this);
        var metrics = new GatewayMetrics("test");
        var institutions = new InstitutionDirectory([.. Names.Select(name => new Institution(
            name, Region.Domestic, Language.Chinese, [Currency.Parse("HKD")],
            new KeyRing([new RegisteredKey("k1", PemKeys.ReadPublic(InstitutionPem.Public))]), new Allowance(Clock, null), metrics.ForInstitution(name))
        {
            NotifyTarget = new NotifyTarget(new Uri($"https://{name}.example/notify"), 8),
        })]);
        Notifier = new Notifier(
            _book(Ledger), institutions, new GatewayKeys(PemKeys.ReadPrivate("gw-1", GatewayPem.Private)),
            _around(SqliteNotificationStore.Open(StorePath, Clock)), Sender, Options,
            _scheduler, Clock, metrics, NullLogger<Notifier>.Instance);
    }

    internal sealed class ToldSender(NotifierBench bench) : INotifySender
    {
        public ValueTask<SendOutcome> SendAsync(Uri address, ReadOnlyMemory<byte> body)
        {
            string inst = address.Host.Split('.')[0].ToUpperInvariant();
            lock (bench.Sent)
            {
                bench.Sent.Add((bench.Clock.GetUtcNow(), inst, Encoding.UTF8.GetString(body.Span)));
            }
            return bench.Answer(inst);
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Runs what is posted at once; its one worker steps when the bench says so.</summary>
    private sealed class SteppedScheduler : IScheduler
    {
        public void Post(IThreadPoolWorkItem item) => item.Execute();

        public void Sleep(TimeSpan time) => throw new NotSupportedException();

        public IWorker StartWorker(string name, IWorkerBody body) => new Worker();

        private sealed class Worker : IWorker
        {
            public void Wake()
            {
            }

            public void Dispose()
            {
            }
        }
    }
}
