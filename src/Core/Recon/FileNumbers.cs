using HotPath.Core.Model;
using Microsoft.Win32.SafeHandles;

namespace HotPath.Core.Recon;

/// <summary>
/// Looks numbers up in a finished reconciliation file, whose rows are in their order: some thirty short reads for one of a million rows. What a file holds
/// is what it was made of; the day that a result bears does not say it (a late one is in the next day's). One thread.
/// </summary>
internal sealed class FileNumbers(string path) : IDisposable
{
    // Longer than most rows: a read mostly holds a row's beginning.
    private const int PortionBytes = 512;

    private readonly SafeFileHandle _file = File.OpenHandle(path);
    private readonly byte[] _portion = new byte[PortionBytes];

    /// <exception cref="IOException">The disk does not give it.</exception>
    internal bool Has(TradeNo number)
    {
        // Rows that begin before `from` have smaller numbers, those from `to` on larger ones.
        long from = 1;
        long to = RandomAccess.GetLength(_file);
        while (from < to)
        {
            long middle = from + ((to - from) / 2);
            (long begins, TradeNo found) = FirstFrom(middle);
            if (found.IsAssigned && found == number)
            {
                return true;
            }
            if (found.IsAssigned && found < number)
            {
                from = begins + 1;
            }
            else
            {
                to = middle;
            }
        }
        return false;
    }

    public void Dispose() => _file.Dispose();

    // The first row that begins at `offset` or behind it; no number when there is none. Neither header nor END line begins with one.
    private (long Begins, TradeNo Number) FirstFrom(long offset)
    {
        long at = offset - 1;
        for (int read; (read = Fill(at)) > TradeNo.TextLength + 1;)
        {
            int line = _portion.AsSpan(0, read).IndexOf((byte)'\n') + 1;
            if (line == 0)
            {
                at += read;
                continue;
            }
            if (line + TradeNo.TextLength < read && _portion[line + TradeNo.TextLength] == ',' &&
                TradeNo.Parse(_portion.AsSpan(line, TradeNo.TextLength)) is { IsAssigned: true } number)
            {
                return (at + line, number);
            }
            // Not all of it was there, or it is the END line, or what a quoted field goes on with.
            at += line > 1 ? line - 1 : 1;
        }
        return (0, default);
    }

    private int Fill(long at)
    {
        int filled = 0;
        for (int read; filled < PortionBytes && (read = RandomAccess.Read(_file, _portion.AsSpan(filled), at + filled)) > 0;)
        {
            filled += read;
        }
        return filled;
    }
}
