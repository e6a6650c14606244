using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>Rows of trades, or of refunds, in the order in which they became final.</summary>
internal sealed class RowFile(in DayFileKey key, string folder, OpenFiles files, long length) : DayFile(key, folder, files, length)
{
    /// <summary>Appends one. The feed's thread.</summary>
    internal void Append(Trade trade) => Commit(RowFormat.Write(Room(RowFormat.MaxRowBytes), trade, Length, Salt));

    /// <inheritdoc cref="Append(Trade)"/>
    internal void Append(Refund refund) => Commit(RowFormat.Write(Room(RowFormat.MaxRowBytes), refund, Length, Salt));

    /// <summary>The whole row at <paramref name="offset"/> in what was read from there on; empty when it is not all there.</summary>
    /// <exception cref="DayFilesDamagedException">It is not as it was written.</exception>
    internal ReadOnlySpan<byte> RowAt(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.Length < RowFormat.HeaderBytes)
        {
            return default;
        }
        int length = RowFormat.LengthOf(bytes);
        if (length == 0)
        {
            throw Damaged(offset);
        }
        return bytes.Length < length ? default : RowFormat.IsWhole(bytes[..length], offset, Salt) ? bytes[..length] : throw Damaged(offset);
    }
}
