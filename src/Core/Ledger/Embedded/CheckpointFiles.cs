using System.IO.Hashing;
using System.Text;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>The files FASTER writes for one checkpoint: those in directories that carry its token.</summary>
internal static class CheckpointFiles
{
    private const int BytesAtOnce = 1024 * 1024;

    /// <summary>Names and contents of all of them in one number.</summary>
    internal static ulong Sum(string directory, IndexTokens tokens)
    {
        var sum = new XxHash3();
        byte[] buffer = new byte[BytesAtOnce];
        foreach (string path in Find(directory, tokens))
        {
            sum.Append(Encoding.UTF8.GetBytes(Path.GetRelativePath(directory, path)));
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            for (int read = file.Read(buffer); read > 0; read = file.Read(buffer))
            {
                sum.Append(buffer.AsSpan(0, read));
            }
        }
        return sum.GetCurrentHashAsUInt64();
    }

    internal static IReadOnlyList<string> Find(string directory, IndexTokens tokens)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }
        string[] names = [tokens.Claims.ToString(), tokens.Book.ToString()];
        return [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Where(path => names.Contains(Path.GetFileName(Path.GetDirectoryName(path))))
            .Order(StringComparer.Ordinal)];
    }
}
