using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using HotPath.Host.Configuration;
using HotPath.Host.Logging;
using HotPath.Signing;

namespace HotPath.Host.Cli;

/// <summary>Options that more than one verb has.</summary>
internal static class Options
{
    internal static Option<int> Port(string name, int standard, string description) => Number(name, standard, 0, 65_535, description);

    internal static Option<int> Number(string name, int standard, int least, int most, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out int number) && (number < least || number > most))
            {
                result.AddError($"{name} {number} is outside {least} to {most}");
            }
        });
        return option;
    }

    internal static Option<TimeSpan> ChannelLatency() => Duration("--channel-latency", "mean time from a payment to the channel's answer", "20ms", "0ms", "10s");

    internal static Option<TimeSpan> Duration(string name, string description, string standard, string least, string most)
    {
        static TimeSpan Read(string text) => DurationText.TryParse(text, out TimeSpan time) ? time : throw new ArgumentException($"{text} is not a duration");
        return new Option<TimeSpan>(name)
        {
            Description = $"{description}, {least} to {most}",
            DefaultValueFactory = _ => Read(standard),
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (!DurationText.TryParse(text, out TimeSpan time) || time < Read(least) || time > Read(most))
                {
                    result.AddError($"{name} {text} is not a duration of {least} to {most}");
                }
                return time;
            },
        };
    }

    internal static Option<LogLevel> Log(LogLevel standard) => new("--log-level")
    {
        Description = "least level of the log lines on stderr: " + string.Join(", ", GatewayLogs.Levels.Keys),
        DefaultValueFactory = _ => standard,
        CustomParser = ParseLevel,
    };

    internal static Argument<string> File() => new("FILE") { Description = "a flat JSON object of strings" };

    internal static Option<string> Key(string description, bool isRequired) =>
        new("--key") { Description = description, Required = isRequired, HelpName = "PEM" };

    internal static Option<SignType?> SignType(string description) => new("--sign-type")
    {
        Description = description,
        HelpName = string.Join('|', SignTypes.Names),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!SignTypes.TryParse(Encoding.UTF8.GetBytes(text), out SignType type))
            {
                result.AddError($"--sign-type {text} is none of {string.Join(", ", SignTypes.Names)}");
            }
            return type;
        },
    };

    private static LogLevel ParseLevel(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (!GatewayLogs.Levels.TryGetValue(text, out LogLevel level))
        {
            result.AddError($"--log-level {text} is none of {string.Join(", ", GatewayLogs.Levels.Keys)}");
        }
        return level;
    }
}
