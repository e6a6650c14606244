using System.Text.RegularExpressions;

namespace HotPath.Host.Configuration;

/// <summary>Collects what is wrong with a configuration, so that it is told whole and not one mistake a start.</summary>
/// <param name="lines">Where the keys stand; null: in no file.</param>
/// <param name="file">The file they stand in, where it is not the one that everybody speaks of.</param>
internal sealed partial class Faults(LineMap? lines = null, string? file = null)
{
    private readonly List<ConfigurationFault> _all = [];

    internal IReadOnlyList<ConfigurationFault> All => _all;

    internal void Add(string path, string reason) => _all.Add(new ConfigurationFault(path, reason, lines?.Of(path), file));

    /// <summary>What was found elsewhere.</summary>
    internal void AddAll(IEnumerable<ConfigurationFault> faults) => _all.AddRange(faults);

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

    /// <summary>What <paramref name="value"/> stands for, or, with a fault, the first of those it may be.</summary>
    internal T Listed<T>(string path, string? value, params (string Name, T Value)[] allowed)
    {
        foreach ((string name, T meaning) in allowed)
        {
            if (name == value)
            {
                return meaning;
            }
        }
        Add(path, $"must be one of {string.Join(", ", allowed.Select(one => one.Name))}");
        return allowed[0].Value;
    }

    /// <summary>What is in a list, each with its path. An empty list and a null in it are faults.</summary>
    internal IEnumerable<(string Path, T One)> Each<T>(string path, IReadOnlyList<T> list)
        where T : class
    {
        if (list.Count == 0)
        {
            Add(path, "needs at least one");
        }
        for (int i = 0; i < list.Count; i++)
        {
            string at = $"{path}[{i}]";
            if (list[i] is { } one)
            {
                yield return (at, one);
            }
            else
            {
                Add(at, "is null");
            }
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z")]
    private static partial Regex TokenForm();
}
