using System.Text.RegularExpressions;

namespace HotPath.Host.Configuration;

/// <summary>Collects what is wrong with a configuration, so that it is told whole and not one mistake a start.</summary>
internal sealed partial class Faults
{
    private readonly List<ConfigurationFault> _all = [];

    internal IReadOnlyList<ConfigurationFault> All => _all;

    internal void Add(string path, string reason) => _all.Add(new ConfigurationFault(path, reason));

    /// <summary>The value when it is there.</summary>
    internal string? Required(string path, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            Add(path, "is missing");
            return null;
        }
        return value;
    }

    internal void InRange(string path, long value, long least, long most)
    {
        if (value < least || value > most)
        {
            Add(path, $"{value} is outside {least} to {most}");
        }
    }

    /// <summary>The name when it is there and 1 to <paramref name="longest"/> of <c>A-Za-z0-9_-</c>.</summary>
    internal string? Token(string path, string? value, int longest)
    {
        if (Required(path, value) is not { } text)
        {
            return null;
        }
        if (text.Length > longest || !TokenForm().IsMatch(text))
        {
            Add(path, $"must be 1 to {longest} of A-Z a-z 0-9 _ -");
            return null;
        }
        return text;
    }

    /// <summary>Adds a fault when <paramref name="value"/> was seen before.</summary>
    internal void Unique(HashSet<string> seen, string path, string? value)
    {
        if (value is not null && !seen.Add(value))
        {
            Add(path, $"{value} is there twice");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z")]
    private static partial Regex TokenForm();
}
