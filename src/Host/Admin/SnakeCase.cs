using System.Text.Json;

namespace HotPath.Host.Admin;

/// <summary>How the admin listener's JSON spells a value of an enum: <c>half_open</c>, as its members are spelt.</summary>
internal static class SnakeCase
{
    internal static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
