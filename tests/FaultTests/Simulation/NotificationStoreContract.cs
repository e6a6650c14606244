using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Notify;
using HotPath.Core.Notify.Storage;
using HotPath.Faults.Simulation;
using Xunit;

namespace HotPath.Faults.Tests.Simulation;

/// <summary>The simulation's store of notifications does what SQLite's does, whatever is asked of both in whatever order.</summary>
public sealed class NotificationStoreContract : IDisposable
{
    private static readonly InstId[] Insts = [InstId.From("CN000001"), InstId.From("HK000001")];

    private static readonly bool[] Lists = [false, true];

    private readonly string _folder = Directory.CreateTempSubdirectory("hotpath-contract-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void BothHoldTheSame_AfterEveryChange(ulong seed)
    {
        var chance = new Chance(seed);
        string path = Path.Combine(_folder, "notify.db");
        var file = new NotificationFile();
        SqliteNotificationStore real = SqliteNotificationStore.Open(path, TimeProvider.System);
        var virtually = new VirtualNotificationStore(file, () => { }, () => { });
        for (int step = 0; step < 300; step++)
        {
            switch (chance.Below(8))
            {
                case 0:
                    InstId expires = chance.Pick(Insts);
                    long beforeMs = chance.Below(100);
                    Assert.Equal(real.Expire(expires, beforeMs, step, 3), virtually.Expire(expires, beforeMs, step, 3));
                    break;
                case 1:
                    InstId revives = chance.Pick(Insts);
                    Assert.Equal(real.Revive(revives, step, 3), virtually.Revive(revives, step, 3));
                    break;
                case 2 when chance.Happens(0.1):
                    real.Clear();
                    virtually.Clear();
                    break;
                case 3 when chance.Happens(0.3):
                    real.Dispose();
                    real = SqliteNotificationStore.Open(path, TimeProvider.System);
                    virtually = new VirtualNotificationStore(file, () => { }, () => { });
                    break;
                default:
                    StoreChanges changes = Changes(chance, step);
                    real.Save(changes);
                    virtually.Save(changes);
                    break;
            }
            Assert.Equal(Everything(real), Everything(virtually));
        }
        real.Dispose();
    }

    private static StoreChanges Changes(Chance chance, int step)
    {
        var changes = new StoreChanges { Position = new FeedPosition(step, step, (ulong)step) };
        for (int i = 0; i < chance.Below(4); i++)
        {
            NotifyId id = Id(chance);
            long sinceMs = (2 * (long)id.Number.Stamp) + (id.Type == NotifyType.Refund ? 1 : 0);
            var row = new NotificationRow(id, Insts[(int)(id.Number.Stamp % 2)], sinceMs, (step * 10) + i, chance.Below(10), SendOutcome.TimedOut);
            (chance.Happens(0.7) ? changes.Waiting : changes.Dead).Add(row);
        }
        if (chance.Happens(0.5))
        {
            changes.Gone.Add(Id(chance));
        }
        return changes;
    }

    private static NotifyId Id(Chance chance) => new(chance.Pick(NotifyType.Trade, NotifyType.Refund), new TradeNo((ulong)chance.Between(1, 40), 7));

    private static IEnumerable<string> Everything(INotificationStore store) =>
    [
        $"{store.Position}",
        .. store.Count().Select(count => $"{count}").Order(),
        .. Insts.SelectMany(inst => store.NextDue(inst, 5)).Select(row => $"due {row}"),
        .. Insts.Select(inst => $"oldest {store.OldestSince(inst)}"),
        .. Lists.SelectMany(isDead => store.List(null, isDead, 100).Select(row => $"{isDead} {row} {store.Find(row.Id)}")),
    ];
}
