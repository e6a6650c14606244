using HotPath.Core.Ledger.Embedded;

namespace HotPath.Core.Recon;

/// <summary>
/// What of the disk is the journal's: below its watermark no payment is taken (docs/decisions/0010), and a file that can be built an hour later, or a result that can be
/// sent again, must not take what is left for the results of those that were.
/// </summary>
/// <param name="directory">On that disk.</param>
/// <param name="bytes">How much is to stay free; 0: only what fails counts.</param>
internal sealed class DiskReserve(string directory, long bytes)
{
    /// <exception cref="IOException">There is no more than the reserve.</exception>
    internal void Require()
    {
        if (bytes > 0 && FileStorage.Instance.Room(directory).FreeBytes is var free && free < bytes)
        {
            throw new IOException($"{free} bytes are free in {directory}, and {bytes} are the journal's");
        }
    }
}
