using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Pipeline;

/// <summary>The table that payments are routed by.</summary>
/// <param name="Table">It.</param>
/// <param name="Version">Tables since the start, this one included.</param>
/// <param name="LoadedAt">Since when.</param>
public sealed record TableInUse(RouteTable Table, int Version, DateTimeOffset LoadedAt);

/// <summary>
/// Operators' hand on the route table. Recorded before it takes effect: who had payments routed by it must be found again. By which table each was, says its trail; the
/// table of a start is the configuration's, and no operator's act. One caller at a time.
/// </summary>
public sealed class TableSwitch
{
    private readonly ILedger _ledger;
    private readonly Router _router;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _clock;
    private volatile TableInUse _inUse;

    public TableSwitch(ILedger ledger, Router router, GatewayMetrics metrics, TimeProvider clock)
    {
        _ledger = ledger;
        _router = router;
        _metrics = metrics;
        _clock = clock;
        _inUse = Tell(1);
    }

    /// <summary>The table that payments are routed by now.</summary>
    public TableInUse InUse => _inUse;

    /// <summary>From now on payments are routed by this table; those that have chosen go on as they are.</summary>
    /// <param name="table">Whole and checked; its channels are the router's.</param>
    /// <param name="who">Who wishes it: 1 to <see cref="OperatorAct.MostWhoBytes"/>.</param>
    /// <param name="why">His reason: 1 to <see cref="OperatorAct.MostWhyBytes"/>.</param>
    /// <param name="atMost">Not recorded by then, the table stays as it is; null: it takes what the journal takes.</param>
    public async Task<GatewayMetrics.TableReload> UseAsync(RouteTable table, string who, string why, TimeSpan? atMost = null)
    {
        if (table.Hash == _inUse.Table.Hash)
        {
            return Count(GatewayMetrics.TableReload.Unchanged);
        }
        var act = new OperatorAct(_clock.GetUtcNow().ToUnixTimeMilliseconds(), "routes-reload", table.Hash, who, why);
        if (await _ledger.RecordAsync(act, atMost) != CompleteState.Recorded)
        {
            return Count(GatewayMetrics.TableReload.NotRecorded);
        }
        _router.Swap(table);
        _inUse = Tell(_inUse.Version + 1);
        return Count(GatewayMetrics.TableReload.Loaded);
    }

    /// <summary>There was to be another table, and it is faulty: the one in use stays.</summary>
    public GatewayMetrics.TableReload Refuse() => Count(GatewayMetrics.TableReload.Refused);

    private TableInUse Tell(int version)
    {
        var now = new TableInUse(_router.Table, version, _clock.GetUtcNow());
        _metrics.Routes.InUse(version, now.Table.Hash, now.Table.Routes.Count, now.LoadedAt.ToUnixTimeMilliseconds());
        return now;
    }

    private GatewayMetrics.TableReload Count(GatewayMetrics.TableReload result)
    {
        _metrics.Routes.Reloaded(result);
        return result;
    }
}
