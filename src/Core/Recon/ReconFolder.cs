using System.Text.Json;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>
/// Where finished files lie: <c>DIR/yyyyMMdd/HP_….csv</c> and its facts beside it as <c>.json</c>. A file is built as <c>.part</c>, synced and renamed, then its
/// facts the same way: whatever a crash leaves behind, what has facts is whole.
/// </summary>
internal sealed class ReconFolder(string root)
{
    /// <summary>For how long a file can be had, in days after its own.</summary>
    // Protocol, section 5.
    internal const int KeptDays = 180;

    /// <summary>Where a finished file lies.</summary>
    internal string PathOf(ReconFileName name) => Path.Combine(FolderOf(name.Day), name.ToString());

    /// <summary>Where it is built.</summary>
    internal string PartOf(ReconFileName name) => PathOf(name) + ".part";

    /// <summary>The facts of a finished file; null when it is not finished, and when it or its facts are not as they were written: then it is to be built again.</summary>
    /// <exception cref="IOException">The disk does not say.</exception>
    internal ReconFileFacts? Find(ReconFileName name)
    {
        string path = FactsOf(name);
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            ReconFileFacts? facts = JsonSerializer.Deserialize(File.ReadAllBytes(path), ReconJson.Default.ReconFileFacts);
            var file = new FileInfo(PathOf(name));
            return file.Exists && file.Length == facts?.Bytes ? facts : null;
        }
        catch (Exception failure) when (failure is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            // Bent, or pruned under us.
            return null;
        }
    }

    /// <summary>It was finished once. Whether it still is, <see cref="Find"/> knows.</summary>
    internal bool HasFacts(ReconFileName name) => File.Exists(FactsOf(name));

    /// <summary>It was finished once, and is not any more: somebody must look.</summary>
    internal bool IsSpoilt(ReconFileName name) => HasFacts(name) && Find(name) is null;

    internal void Prepare(ReconFileName name) => FileStorage.Instance.CreateDirectory(FolderOf(name.Day));

    /// <summary>The built file, synced by its writer, becomes the finished one.</summary>
    internal void Publish(ReconFileName name, ReconFileFacts facts)
    {
        string folder = FolderOf(name.Day);
        File.Move(PartOf(name), PathOf(name), overwrite: true);
        // The name first: facts beside no file would promise what is not there.
        LibC.SyncPath(folder);
        string factsPart = FactsOf(name) + ".part";
        using (FileStream file = new(factsPart, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, facts, ReconJson.Default.ReconFileFacts);
            file.Flush(flushToDisk: true);
        }
        File.Move(factsPart, FactsOf(name), overwrite: true);
        LibC.SyncPath(folder);
    }

    /// <summary>Removes the days that are not kept any more.</summary>
    /// <returns>How many.</returns>
    internal int Prune(BeijingDay today)
    {
        int removed = 0;
        foreach (string folder in Directory.Exists(root) ? Directory.GetDirectories(root) : [])
        {
            if (BeijingDay.TryParse(System.Text.Encoding.UTF8.GetBytes(Path.GetFileName(folder)), out BeijingDay day) && today.Number - day.Number > KeptDays)
            {
                Directory.Delete(folder, recursive: true);
                removed++;
            }
        }
        return removed;
    }

    private string FolderOf(BeijingDay day) => Path.Combine(root, day.ToString());

    private string FactsOf(ReconFileName name) => Path.ChangeExtension(PathOf(name), ".json");
}
