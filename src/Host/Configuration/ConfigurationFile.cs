using System.Text.Json;
using System.Text.Json.Serialization;

namespace HotPath.Host.Configuration;

/// <summary>Reads a configuration file: JSON, comments allowed, names in snake_case, an unknown or repeated key refused.</summary>
internal static class ConfigurationFile
{
    /// <summary>The configuration, or the fault that keeps it from being one.</summary>
    internal static (GatewayConfiguration? Configuration, ConfigurationFault? Fault) Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            GatewayConfiguration? configuration = JsonSerializer.Deserialize(file, ConfigurationJson.Default.GatewayConfiguration);
            return configuration is null ? (null, new ConfigurationFault("$", "is null")) : (Anchor(configuration, path), null);
        }
        catch (JsonException failure)
        {
            return (null, new ConfigurationFault(failure.Path ?? "$", Reason(failure)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, new ConfigurationFault("--config", failure.Message));
        }
    }

    // The serializer's text ends with path and position; the path is shown already.
    private static string Reason(JsonException failure)
    {
        int tail = failure.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        string reason = tail < 0 ? failure.Message : failure.Message[..tail];
        return failure.LineNumber is { } line ? $"{reason} (line {line + 1})" : reason;
    }

    /// <summary>Relative paths count from the configuration file's folder, not from wherever the process was started.</summary>
    private static GatewayConfiguration Anchor(GatewayConfiguration configuration, string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string? Full(string? relative) => string.IsNullOrEmpty(relative) ? relative : Path.GetFullPath(relative, folder);
        return configuration with
        {
            DataDirectory = Full(configuration.DataDirectory),
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
            Channels =
            [
                .. configuration.Channels.Select(channel => channel?.Iso8583 is not { } iso ? channel! : channel with
                {
                    Iso8583 = iso with { MacKey = Full(iso.MacKey), Authority = Full(iso.Authority) },
                }),
            ],
        };
    }
}

/// <summary>What is wrong, and where.</summary>
/// <param name="Path">The key's path, as in <c>channels[1].url</c>.</param>
/// <param name="Reason">Why it cannot be used.</param>
internal sealed record ConfigurationFault(string Path, string Reason)
{
    public override string ToString() => $"{Path}: {Reason}";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(GatewayConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
