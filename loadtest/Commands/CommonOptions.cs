using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;

namespace HotPath.LoadTest.Commands;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static Option<string> Data() => new("--data")
    {
        Description = "The gateway's data directory: institutions' keys, gateway/public.pem, tls/ca.pem.",
        DefaultValueFactory = static _ => ".hotpath/sandbox",
    };

    public static Option<string[]> Institutions() => new("--inst")
    {
        Description = "Institutions that pay in turns.",
        DefaultValueFactory = static _ => ["CN000001"],
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<Uri> Url() => new("--url")
    {
        Description = "The gateway's address; http:// measures without TLS.",
        DefaultValueFactory = static _ => new Uri("https://127.0.0.1:8443/api"),
        CustomParser = ReadUri,
    };

    public static Option<Uri?> Admin() => new("--admin")
    {
        Description = "The gateway's admin address, for commits/s and batch size: http://127.0.0.1:9464.",
        CustomParser = ReadUri,
    };

    public static Option<int?> Pid() => new("--pid") { Description = "The gateway's process, for its CPU and memory." };

    public static Option<int> Connections() => Positive(
        new Option<int>("--connections") { Description = "Keep-alive connections.", DefaultValueFactory = static _ => 64 });

    /// <summary>Refuses zero and less.</summary>
    public static Option<T> Positive<T>(Option<T> option)
        where T : INumber<T>
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>() is { } value && value <= T.Zero)
            {
                result.AddError($"{option.Name} must be above zero");
            }
        });
        return option;
    }

    public static Option<TimeSpan> Duration(string name, TimeSpan standard, string description) => new(name)
    {
        Description = description + " 500ms, 30s, 5m.",
        DefaultValueFactory = _ => standard,
        CustomParser = static result =>
        {
            if (TryParseDuration(result.Tokens[0].Value, out TimeSpan duration))
            {
                return duration;
            }
            result.AddError($"'{result.Tokens[0].Value}' is not a duration like 500ms, 30s or 5m");
            return default;
        },
    };

    private static Uri? ReadUri(ArgumentResult result)
    {
        bool isAddress = Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? address) && (address.Scheme is "https" or "http");
        if (!isAddress)
        {
            result.AddError($"'{result.Tokens[0].Value}' is not an http or https address");
        }
        return address;
    }

    internal static bool TryParseDuration(string text, out TimeSpan duration)
    {
        (string unit, double seconds) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => ("ms", 0.001),
            _ when text.EndsWith('m') => ("m", 60),
            _ when text.EndsWith('h') => ("h", 3600),
            _ => ("s", 1),
        };
        string number = text.EndsWith(unit, StringComparison.Ordinal) ? text[..^unit.Length] : text;
        bool isNumber = double.TryParse(number, System.Globalization.CultureInfo.InvariantCulture, out double value) && value >= 0 && value < 1e7;
        duration = isNumber ? TimeSpan.FromSeconds(value * seconds) : default;
        return isNumber;
    }
}
