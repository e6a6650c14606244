using System.CommandLine;
using HotPath.Host.Composition;
using HotPath.Host.Configuration;
using HotPath.Host.Logging;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath run --config FILE</c>: the real thing. It refuses a configuration that is not safe, and says everything that is wrong with it.</summary>
internal static partial class RunVerb
{
    internal static Command Create(TextWriter error)
    {
        var config = new Option<string>("--config") { Description = "configuration file, JSON", Required = true, HelpName = "FILE" };
        Option<LogLevel> level = Options.Log(LogLevel.Information);
        var verb = new Command("run", "Start the gateway") { config, level };
        verb.SetAction(async (parsed, _) =>
        {
            if (await CheckVerb.ReadAsync(parsed.GetRequiredValue(config), error) is not { } settings)
            {
                return ExitCodes.Usage;
            }
            using ILoggerFactory logs = GatewayLogs.To(Console.OpenStandardError(), parsed.GetValue(level), TimeProvider.System);
            return await ServeAsync(settings, logs);
        });
        return verb;
    }

    private static async Task<int> ServeAsync(GatewaySettings settings, ILoggerFactory logs)
    {
        using var process = new GatewayProcess(logs);
        Gateway gateway;
        try
        {
            gateway = await Gateway.StartAsync(settings, logs, TimeProvider.System);
        }
        catch (Exception failure) when (CommandLine.IsForPeople(failure))
        {
            LogNotStarted(logs.CreateLogger<Gateway>(), failure.Message);
            return ExitCodes.Refused;
        }
        // A signal cannot be told that the journal is slow just now, so it waits.
        process.OnHangUp(() => gateway.Routes.ReloadAsync("SIGHUP", "signal", atMost: null));
        return await process.ServeAsync(gateway.Failure, gateway.StopAsync);
    }

    [LoggerMessage(EventId = 330, Level = LogLevel.Critical, Message = "cannot start: {Reason}")]
    private static partial void LogNotStarted(ILogger logger, string reason);
}
