using HotPath.Core.Clearing;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Routing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

public class TableSwitchTests
{
    [Fact]
    public async Task Table_IsTaken_WhenTheJournalHasIt_AndNotBefore()
    {
        string folder = Directory.CreateTempSubdirectory("hotpath-table-").FullName;
        try
        {
            Channel channel = Ways.Channel("one");
            var router = new Router([Ways.To(channel)]);
            var metrics = new GatewayMetrics("test");
            var table = new RouteTable([Ways.To(channel, "other")], []);
            TableSwitch tables;
            await using (ILedger ledger = EmbeddedLedger.Open(
                new EmbeddedLedgerOptions { DataDirectory = folder, MaxTrades = 1000, SegmentBytes = 1 << 20, IndexMemoryBytes = 4 << 20 },
                ThreadScheduler.Instance, TimeProvider.System, metrics, _ => { }))
            {
                tables = new TableSwitch(ledger, router, metrics, TimeProvider.System);
                Assert.Equal(GatewayMetrics.TableReload.Unchanged, await tables.UseAsync(new RouteTable([Ways.To(channel)], []), "ann", "the same"));
                Assert.Equal(GatewayMetrics.TableReload.Loaded, await tables.UseAsync(table, "ann", "another"));
                Assert.Same(table, router.Table);
                Assert.Equal(2, tables.InUse.Version);
            }
            // The ledger is gone: whoever chose by this table could not be found out again.
            Assert.Equal(GatewayMetrics.TableReload.NotRecorded, await tables.UseAsync(new RouteTable([Ways.To(channel, "third")], []), "ann", "a third"));
            Assert.Same(table, router.Table);
            Assert.Equal(("routes-reload", table.Hash, "ann", "another"), Assert.Single(
                JournalDump.Read(folder).Where(entry => entry.Act is not null).Select(entry => (entry.Act!.Act, entry.Act.Subject, entry.Act.Who, entry.Act.Why))));
            using var text = new MemoryStream();
            await metrics.WriteTextAsync(text, default);
            string told = System.Text.Encoding.UTF8.GetString(text.ToArray());
            Assert.Contains("hotpath_route_table_version 2\n", told, StringComparison.Ordinal);
            Assert.Contains($"hotpath_route_table_hash {Convert.ToUInt32(table.Hash, 16)}\n", told, StringComparison.Ordinal);
            Assert.Contains("hotpath_route_table_reloads_total{result=\"not_recorded\"} 1\n", told, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
