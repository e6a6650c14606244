using System.CommandLine;
using HotPath.Host.Configuration;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath check --config FILE</c>: what <c>run</c> and a reload would say of a configuration, without starting anything.</summary>
internal static class CheckVerb
{
    internal static Command Create(TextWriter output, TextWriter error)
    {
        Option<string> config = Config("configuration file, JSON");
        config.Required = true;
        var verb = new Command("check", "Check a configuration, its keys and its route table, and start nothing") { config };
        verb.SetAction(async (parsed, _) =>
        {
            if (await ReadAsync(parsed.GetRequiredValue(config), error) is not { } settings)
            {
                return ExitCodes.Usage;
            }
            await output.WriteLineAsync(
                $"ok: {settings.Institutions.Count} institutions, {settings.Channels.Count} channels, {settings.RouteTable.Routes.Count} routes of {settings.RouteSource!.File}");
            return ExitCodes.Done;
        });
        return verb;
    }

    internal static Option<string> Config(string description) => new("--config") { Description = description, HelpName = "FILE" };

    /// <summary>The checked settings of a file; null, and every fault told, where it is not safe.</summary>
    internal static async Task<GatewaySettings?> ReadAsync(string path, TextWriter error)
    {
        (GatewayConfiguration? configuration, ConfigurationFault? unreadable) = ConfigurationFile.Read(path);
        (GatewaySettings? settings, IReadOnlyList<ConfigurationFault> faults) =
            configuration is null ? (null, [unreadable!]) : ConfigurationCheck.Run(configuration, TimeProvider.System);
        foreach (ConfigurationFault fault in faults)
        {
            await error.WriteLineAsync($"hotpath: {path}: {fault}");
        }
        return settings is null ? null : settings with { RouteSource = new RouteSource(path, configuration!) };
    }
}
