using System.Globalization;

namespace HotPath.Faults.Processes;

/// <summary>A small file system of its own, mounted where a gateway's data directory is.</summary>
internal abstract class Disk(string mountPoint)
{
    private const int StepBytes = 4096;

    internal string MountPoint { get; } = mountPoint;

    private string Filler => Path.Combine(MountPoint, "filler");

    internal abstract void Mount();

    internal virtual void Unmount() => Tool.Run("umount", MountPoint);

    /// <summary>Leaves <paramref name="steps"/> times 4 KiB, as far as the file system itself does not take them.</summary>
    internal void FillUpTo(int steps)
    {
        byte[] zeroes = new byte[StepBytes];
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            // Asked for each time: what a block costs besides itself is the file system's business.
            while (new DriveInfo(MountPoint).AvailableFreeSpace > (long)steps * StepBytes)
            {
                filler.Write(zeroes);
            }
            filler.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Full to the last byte: whoever else writes here was quicker.
        }
    }

    internal void GiveSpaceBack() => File.Delete(Filler);

    protected static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Memory with a limit: a disk that is full on the exact byte, and knows no sync.</summary>
internal sealed class MemoryDisk(string mountPoint, int kib) : Disk(mountPoint)
{
    internal override void Mount()
    {
        Directory.CreateDirectory(MountPoint);
        Tool.Run("mount", "-t", "tmpfs", "-o", $"size={Number(kib)}k", "tmpfs", MountPoint);
    }
}

/// <summary>
/// ext4 in a file, through a loop device. What was written and not synced is in the page cache above the device; what was synced is in
/// the file. So the file, at a moment at which nothing is on its way into it, is what a power cut leaves.
/// </summary>
internal sealed class ImageDisk(string mountPoint, string image, int mib) : Disk(mountPoint)
{
    private string? _device;

    internal override void Mount()
    {
        Directory.CreateDirectory(MountPoint);
        if (!File.Exists(image))
        {
            Tool.Run("truncate", "-s", $"{Number(mib)}M", image);
            Tool.Run("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", image);
        }
        _device = Tool.Run("losetup", "--find", "--show", image).Trim();
        Tool.Run("mount", "-t", "ext4", _device, MountPoint);
    }

    internal override void Unmount()
    {
        base.Unmount();
        Tool.Run("losetup", "--detach", _device!);
    }

    /// <summary>
    /// The image as it is now. Whoever writes must stand still; if the kernel itself wrote while it was copied, the copy is of no one moment and
    /// is taken again.
    /// </summary>
    internal string CopyOfAMoment()
    {
        string copy = image + ".copy";
        for (int attempt = 0; attempt < 50; attempt++)
        {
            string before = Traffic();
            File.Copy(image, copy, overwrite: true);
            if (Traffic() == before)
            {
                return copy;
            }
            Thread.Sleep(20);
        }
        throw new InvalidOperationException($"{_device} is written to all the time, although nobody should");
    }

    /// <summary>The power is gone and comes back: the copy is the disk now.</summary>
    internal void ReplaceBy(string copy)
    {
        Unmount();
        File.Move(copy, image, overwrite: true);
        Mount();
    }

    // Completed writes, sectors written, and what is under way (Documentation/block/stat.rst): fields 5, 7 and 9, and flushes, 16.
    private string Traffic()
    {
        string[] fields = File.ReadAllText($"/sys/block/{Path.GetFileName(_device)}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', fields[4], fields[6], fields[8], fields.ElementAtOrDefault(15));
    }
}
