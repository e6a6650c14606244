using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary>The files of a data directory, by what they are for: as docs/journal-format.md names them, those included that do not exist yet.</summary>
internal static class DataFiles
{
    // Far more than a batch of points ever makes.
    private const int Many = 120;

    internal static IReadOnlyList<string> Journal(string data) =>
        [.. Numbers(0).Select(number => Path.Combine(data, "journal", $"journal-{number}.seg")), Path.Combine(data, "journal", "next.prep")];

    internal static IReadOnlyList<string> Index(string data) =>
        [Path.Combine(data, "index", "claims", "records.log.0"), Path.Combine(data, "index", "book", "records.log.0")];

    /// <summary>One of each sort that is written beside the journal's segments.</summary>
    internal static IReadOnlyList<string> Written(string data) =>
        [Path.Combine(data, "manifest.tmp"), .. Index(data), Path.Combine(data, "journal", "next.prep")];

    /// <summary>One of each sort that is opened, directories to be synced included, and a few segments.</summary>
    internal static IReadOnlyList<string> Turns(string data) =>
        [.. Written(data), Path.Combine(data, "lock"), Path.Combine(data, "journal"), data, .. Journal(data).Take(3)];

    private static IEnumerable<string> Numbers(int first) =>
        Enumerable.Range(first, Many).Select(number => number.ToString("D10", CultureInfo.InvariantCulture));
}
