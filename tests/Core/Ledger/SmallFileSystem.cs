using System.Diagnostics;
using Xunit;

namespace HotPath.Core.Tests.Ledger;

/// <summary>A tmpfs of its own, which is really full when it is full.</summary>
internal sealed class SmallFileSystem : IDisposable
{
    internal SmallFileSystem(int kib)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("hotpath-tmpfs-").FullName;
        try
        {
            Run("mount", "-t", "tmpfs", "-o", $"size={kib}k", "tmpfs", Directory);
        }
        catch
        {
            System.IO.Directory.Delete(Directory);
            throw;
        }
    }

    internal string Directory { get; }

    /// <summary>Takes all but <paramref name="bytes"/> of what is free; deleting the file gives it back.</summary>
    internal string FillTo(long bytes)
    {
        string path = Path.Combine(Directory, "filler");
        long free = HotPath.Core.Ledger.Embedded.FileStorage.Instance.Room(Directory).FreeBytes;
        File.WriteAllBytes(path, new byte[Math.Max(0, free - bytes)]);
        return path;
    }

    public void Dispose()
    {
        Run("umount", Directory);
        System.IO.Directory.Delete(Directory);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new IOException($"{program} ended with {process.ExitCode}");
        }
    }
}

/// <summary>A test that mounts something; skipped where that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class MountFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> WhyNot = new(TryMount);

    public MountFactAttribute() => Skip = WhyNot.Value;

    private static string? TryMount()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "needs root, to mount a tmpfs";
        }
        try
        {
            using var _ = new SmallFileSystem(64);
            return null;
        }
        catch (Exception failure) when (failure is IOException or System.ComponentModel.Win32Exception)
        {
            return $"needs mount(8) and the right to use it (CAP_SYS_ADMIN): {failure.Message}";
        }
    }
}
