using System.Text.RegularExpressions;
using Xunit;

namespace HotPath.Core.Tests.Architecture;

/// <summary>Runbooks send operators by the number of an event: it must be one event's.</summary>
public sealed partial class EventNumberTests
{
    [Fact]
    public void NoEventNumber_IsUsedTwice()
    {
        (string Number, string File)[] events = [.. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => EventNumber().Matches(File.ReadAllText(file)).Select(match => (match.Groups[1].Value, Path.GetRelativePath(Checkout.Root, file))))];
        Assert.True(events.Length > 50);
        Assert.Empty(events.GroupBy(one => one.Number).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(", ", same.Select(one => one.File))}"));
    }

    [Fact]
    public void EveryEvent_HasANumber()
    {
        IEnumerable<string> files = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => Message().Count(File.ReadAllText(file)) != EventNumber().Count(File.ReadAllText(file)));
    }

    [GeneratedRegex(@"\bEventId\s*=\s*(\d+)")]
    private static partial Regex EventNumber();

    [GeneratedRegex(@"\[LoggerMessage\(")]
    private static partial Regex Message();
}
