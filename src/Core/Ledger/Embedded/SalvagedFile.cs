namespace HotPath.Core.Ledger.Embedded;

/// <summary>A file as far as the disk still gives it, for those who look at damage or cut it away: one bad page must not hide all the others.</summary>
internal static class SalvagedFile
{
    /// <summary>What stands for a byte that the disk does not give. No record and no end looks like it, so that nobody takes it for either.</summary>
    internal const byte Missing = 0xFF;

    private const int PageBytes = 4096;

    internal static byte[] Read(IJournalStorage storage, string path)
    {
        using IJournalFile file = storage.Open(path, isWritable: false);
        byte[] bytes = new byte[file.Length];
        try
        {
            return bytes[..file.ReadAt(bytes, 0)];
        }
        catch (IOException)
        {
            ReadPages(file, bytes);
            return bytes;
        }
    }

    private static void ReadPages(IJournalFile file, byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at += PageBytes)
        {
            Span<byte> page = bytes.AsSpan(at, Math.Min(PageBytes, bytes.Length - at));
            try
            {
                page[file.ReadAt(page, at)..].Fill(Missing);
            }
            catch (IOException)
            {
                page.Fill(Missing);
            }
        }
    }
}
