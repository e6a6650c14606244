using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace HotPath.Host.Configuration;

/// <summary>Reads a configuration file: JSON, comments allowed, names in snake_case, an unknown or repeated key refused.</summary>
internal static class ConfigurationFile
{
    // What some editors begin a file with.
    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>The configuration, or the fault that keeps it from being one.</summary>
    internal static (GatewayConfiguration? Configuration, ConfigurationFault? Fault) Read(string path)
    {
        (GatewayConfiguration? configuration, LineMap? lines, ConfigurationFault? fault) = Read(path, "--config", ConfigurationJson.Default.GatewayConfiguration);
        return configuration is null ? (null, fault) : (Anchor(configuration with { Lines = lines }, path), null);
    }

    /// <summary>A route table that stands by itself, or the fault that keeps it from being one.</summary>
    internal static (RoutesConfiguration? Configuration, ConfigurationFault? Fault) ReadRoutes(string path)
    {
        (RoutesConfiguration? routes, LineMap? lines, ConfigurationFault? fault) = Read(path, "routes_file", ConfigurationJson.Default.RoutesConfiguration);
        return routes is null ? (null, fault! with { File = path }) : (routes with { Lines = lines }, null);
    }

    private static (T? Configuration, LineMap? Lines, ConfigurationFault? Fault) Read<T>(string path, string key, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            byte[] text = File.ReadAllBytes(path);
            ReadOnlySpan<byte> json = text.AsSpan().StartsWith(Utf8Mark) ? text.AsSpan(Utf8Mark.Length) : text;
            return JsonSerializer.Deserialize(json, type) is { } configuration
                ? (configuration, LineMap.Of(json), null)
                : (null, null, new ConfigurationFault("$", "is null"));
        }
        catch (JsonException failure)
        {
            return (null, null, new ConfigurationFault(failure.Path ?? "$", Reason(failure), (int?)failure.LineNumber + 1));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, null, new ConfigurationFault(key, failure.Message));
        }
    }

    // The serializer's text ends with path and position; the path is shown already.
    private static string Reason(JsonException failure)
    {
        int tail = failure.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        return tail < 0 ? failure.Message : failure.Message[..tail];
    }

    /// <summary>Relative paths count from the configuration file's folder, not from wherever the process was started.</summary>
    private static GatewayConfiguration Anchor(GatewayConfiguration configuration, string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string? Full(string? relative) => string.IsNullOrEmpty(relative) ? relative : Path.GetFullPath(relative, folder);
        return configuration with
        {
            DataDirectory = Full(configuration.DataDirectory),
            RoutesFile = Full(configuration.RoutesFile),
            Listen = configuration.Listen is { } listen
                ? listen with { Certificate = Full(listen.Certificate), CertificateKey = Full(listen.CertificateKey) }
                : null,
            SigningKey = configuration.SigningKey is { } key ? key with { Path = Full(key.Path) } : null,
            Es256SigningKey = configuration.Es256SigningKey is { } es256 ? es256 with { Path = Full(es256.Path) } : null,
            Institutions =
            [
                // A null in a list is no type error to the serializer: ConfigurationCheck refuses it with its place.
                .. configuration.Institutions.Select(institution => institution is null ? null! : institution with
                {
                    Keys = [.. institution.Keys.Select(key => key is null ? null! : key with { Path = Full(key.Path) })],
                }),
            ],
        };
    }
}

/// <summary>What is wrong, and where.</summary>
/// <param name="Path">The key's path, as in <c>channels[1].url</c>.</param>
/// <param name="Reason">Why it cannot be used.</param>
/// <param name="Line">The line it stands in, or, of what is missing, that of what misses it; from 1. Null: in no file.</param>
/// <param name="File">The file, where it is not the configuration file itself.</param>
internal sealed record ConfigurationFault(string Path, string Reason, int? Line = null, string? File = null)
{
    public override string ToString() => (File, Line) switch
    {
        (null, null) => $"{Path}: {Reason}",
        (null, _) => $"{Path}: {Reason} (line {Line})",
        (_, null) => $"{Path}: {Reason} ({File})",
        _ => $"{Path}: {Reason} ({File}, line {Line})",
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(GatewayConfiguration))]
[JsonSerializable(typeof(RoutesConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
