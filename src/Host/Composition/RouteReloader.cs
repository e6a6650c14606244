using HotPath.Core.Clearing;
using HotPath.Core.Pipeline;
using HotPath.Core.Routing;
using HotPath.Core.Telemetry;
using HotPath.Host.Admin;
using HotPath.Host.Configuration;

namespace HotPath.Host.Composition;

/// <summary>What became of a reload.</summary>
/// <param name="Result">loaded, unchanged, refused, not_recorded.</param>
/// <param name="Table">Hash of the table in use now.</param>
/// <param name="Version">Tables since the start, this one included.</param>
/// <param name="File">What was read.</param>
/// <param name="Faults">All that is wrong with it, each with its line.</param>
/// <param name="NeedRestart">Keys of the configuration that say something else than at the start, and that only a restart takes over.</param>
internal sealed record ReloadReport(string Result, string Table, int Version, string File, IReadOnlyList<string> Faults, IReadOnlyList<string> NeedRestart);

/// <summary>
/// Reads the route table again, for a signal or an operator, and puts it in the place of the one in use, whole or not at all. One at a time: a table that
/// was read first must not come last.
/// </summary>
internal sealed partial class RouteReloader(RouteSource? source, IReadOnlyList<Channel> channels, TableSwitch tables, ILogger<RouteReloader> logger) : IDisposable
{
    private readonly Dictionary<string, Channel> _channels = channels.ToDictionary(channel => channel.Options.Id);
    private readonly Dictionary<string, ChannelReach> _reaches = channels.ToDictionary(channel => channel.Options.Id, channel => channel.Options.Reach);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ILogger _logger = logger;

    /// <summary>The table was read from a file and can be read again.</summary>
    internal bool CanReload => source is not null;

    /// <summary>Reads, checks, records and swaps.</summary>
    internal async Task<ReloadReport> ReloadAsync(string who, string why, TimeSpan? atMost)
    {
        if (source is null)
        {
            throw new InvalidOperationException("the table was never a file");
        }
        await _one.WaitAsync();
        try
        {
            return await ReadAndUseAsync(source, who, why, atMost);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<ReloadReport> ReadAndUseAsync(RouteSource from, string who, string why, TimeSpan? atMost)
    {
        RouteReading read = from.Read(_reaches);
        foreach (ConfigurationFault fault in read.Faults)
        {
            LogFault(fault.ToString());
        }
        if (read.NeedRestart.Count > 0)
        {
            LogNeedsRestart(string.Join(", ", read.NeedRestart));
        }
        string old = tables.InUse.Table.Hash;
        GatewayMetrics.TableReload result = read.Settings is { } settings
            ? await tables.UseAsync(new RouteTable(settings.Bind(_channels), settings.CodeHosts), who, why, atMost)
            : tables.Refuse();
        TableInUse now = tables.InUse;
        switch (result)
        {
            case GatewayMetrics.TableReload.Loaded:
                LogLoaded(now.Table.Hash, now.Table.Routes.Count, from.File, who, why, old);
                break;
            case GatewayMetrics.TableReload.Unchanged:
                LogUnchanged(from.File, old);
                break;
            default:
                LogKept(from.File, result == GatewayMetrics.TableReload.Refused ? $"{read.Faults.Count} faults" : "the journal could not take it down", old);
                break;
        }
        return new ReloadReport(SnakeCase.Name(result), now.Table.Hash, now.Version, from.File, [.. read.Faults.Select(fault => fault.ToString())], read.NeedRestart);
    }

    [LoggerMessage(EventId = 350, Level = LogLevel.Warning, Message = "route table {Table} with {Routes} routes of {File} is in use, by {Who}: {Why}; it was {Old}")]
    private partial void LogLoaded(string table, int routes, string file, string who, string why, string old);

    [LoggerMessage(EventId = 351, Level = LogLevel.Information, Message = "{File} says what the route table {Table} in use says")]
    private partial void LogUnchanged(string file, string table);

    [LoggerMessage(EventId = 352, Level = LogLevel.Error, Message = "the route table of {File} is not taken: {Reason}; {Table} stays in use")]
    private partial void LogKept(string file, string reason, string table);

    [LoggerMessage(EventId = 353, Level = LogLevel.Error, Message = "{Fault}")]
    private partial void LogFault(string fault);

    [LoggerMessage(EventId = 354, Level = LogLevel.Warning, Message = "the configuration says something else than at the start of {Keys}: only a restart takes that over")]
    private partial void LogNeedsRestart(string keys);
}
