namespace HotPath.Core.Runtime;

/// <summary>
/// A lock file: one process at a time has a folder. FileShare.None is flock(LOCK_EX) here: it ends with the process, so a crash leaves no stale
/// lock behind.
/// </summary>
public static class FolderLock
{
    // A killed process holds its lock until its last thread has left the kernel: with a large heap, a second after it is gone from sight.
    private const int Attempts = 20;
    private const int PauseMs = 100;

    /// <summary>Takes the lock, waiting two seconds for a dying owner.</summary>
    /// <exception cref="IOException">Somebody has it, or the file cannot be made.</exception>
    public static FileStream Take(string path)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < Attempts && File.Exists(path))
            {
                Thread.Sleep(PauseMs);
            }
        }
    }
}
