using System.Reflection;

namespace HotPath.Host.Composition;

/// <summary>What was built.</summary>
internal static class BuildInfo
{
    /// <summary>The version, and the commit where the build knew it.</summary>
    internal static string Version { get; } =
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
