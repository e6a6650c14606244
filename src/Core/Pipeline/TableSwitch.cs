using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;

namespace HotPath.Core.Pipeline;

/// <summary>
/// Operators' hand on the route table. Recorded before it takes effect: by which table a payment was routed must be found again. One caller at a time.
/// </summary>
public sealed class TableSwitch
{
    private readonly ILedger _ledger;
    private readonly Router _router;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _clock;

    public TableSwitch(ILedger ledger, Router router, GatewayMetrics metrics, TimeProvider clock)
    {
        _ledger = ledger;
        _router = router;
        _metrics = metrics;
        _clock = clock;
        TellInUse();
    }

    /// <summary>The table in use.</summary>
    public RouteTable Table => _router.Table;

    /// <summary>Tables since the start, the one in use included.</summary>
    public int Version { get; private set; } = 1;

    /// <summary>When the one in use was loaded.</summary>
    public DateTimeOffset LoadedAt { get; private set; }

    /// <summary>From now on payments are routed by this table; those that have chosen go on as they are.</summary>
    /// <param name="table">Whole and checked; its channels are the router's.</param>
    /// <param name="who">Who wishes it: 1 to <see cref="OperatorAct.MostWhoBytes"/>.</param>
    /// <param name="why">His reason: 1 to <see cref="OperatorAct.MostWhyBytes"/>.</param>
    public async Task<GatewayMetrics.TableReload> UseAsync(RouteTable table, string who, string why)
    {
        if (table.Hash == Table.Hash)
        {
            return Count(GatewayMetrics.TableReload.Unchanged);
        }
        var act = new OperatorAct(_clock.GetUtcNow().ToUnixTimeMilliseconds(), "routes-reload", table.Hash, who, why);
        if (await _ledger.RecordAsync(act) != CompleteState.Recorded)
        {
            return Count(GatewayMetrics.TableReload.NotRecorded);
        }
        _router.Swap(table);
        Version++;
        TellInUse();
        return Count(GatewayMetrics.TableReload.Loaded);
    }

    /// <summary>There was to be another table, and it is faulty: the one in use stays.</summary>
    public GatewayMetrics.TableReload Refuse() => Count(GatewayMetrics.TableReload.Refused);

    private void TellInUse()
    {
        LoadedAt = _clock.GetUtcNow();
        _metrics.Routes.InUse(Version, Table.Hash, Table.Routes.Count, LoadedAt.ToUnixTimeMilliseconds());
    }

    private GatewayMetrics.TableReload Count(GatewayMetrics.TableReload result)
    {
        _metrics.Routes.Reloaded(result);
        return result;
    }
}
