using HotPath.Core.Model;

namespace HotPath.Core.DayFiles;

/// <summary>
/// Goes over one institution's rows of one day, trades or refunds, in the order in which they became final; a megabyte of them at a time. It sees what was
/// there when it was opened. One thread.
/// </summary>
/// <remarks>
/// To sort them: go over them once and keep <see cref="Number"/> and <see cref="Offset"/> of each (24 bytes), then fetch each row by its offset: they
/// are nearly sorted, and rows up to half a megabyte away, on either side, are in memory mostly.
/// </remarks>
public sealed class FinalRows
{
    private const int PortionBytes = 1024 * 1024;

    private readonly RowFile? _file;
    private byte[] _bytes = [];
    private readonly Action<DayFilesDamagedException> _damaged;

    // What is in _bytes begins here in the file.
    private long _portionAt;
    private int _portionBytes;
    private int _rowAt;
    private int _rowBytes;

    internal FinalRows(RowFile? file, Action<DayFilesDamagedException> damaged)
    {
        _file = file;
        _damaged = damaged;
        Length = file?.Length ?? 0;
    }

    /// <summary>Bytes of all of them: how far <see cref="Offset"/> will go.</summary>
    public long Length { get; }

    /// <summary>Where the row begins that was read last.</summary>
    public long Offset => _portionAt + _rowAt;

    /// <summary>Where the next one begins.</summary>
    public long Next => Offset + _rowBytes;

    /// <summary>Its trade_no or refund_id.</summary>
    public TradeNo Number => Ledger.Embedded.TradeRecords.ReadNo(Payload);

    private ReadOnlySpan<byte> Payload => _bytes.AsSpan(_rowAt + RowFormat.HeaderBytes, _rowBytes - RowFormat.HeaderBytes);

    /// <summary>Goes on to the next row; false behind the last.</summary>
    /// <exception cref="DayFilesDamagedException">It is not as it was written: nothing that was read may be used.</exception>
    public bool Read() => ReadAt(Next);

    /// <summary>Goes to the row that begins at <paramref name="offset"/>; false at the end.</summary>
    /// <inheritdoc cref="Read"/>
    public bool ReadAt(long offset)
    {
        if (offset >= Length)
        {
            return false;
        }
        try
        {
            int at = (int)Math.Clamp(offset - _portionAt, -1, _portionBytes);
            ReadOnlySpan<byte> row = at < 0 ? default : _file!.RowAt(_bytes.AsSpan(at, _portionBytes - at), offset);
            if (row.IsEmpty)
            {
                _bytes = _bytes.Length == 0 ? new byte[Math.Min(PortionBytes, Length)] : _bytes;
                // Who goes on wants what follows; who jumps may jump back.
                _portionAt = offset == Next ? offset : Math.Max(0, offset - (_bytes.Length / 2));
                _portionBytes = (int)Math.Min(_bytes.Length, Length - _portionAt);
                _file!.ReadAt(_bytes.AsSpan(0, _portionBytes), _portionAt);
                at = (int)(offset - _portionAt);
                row = _file.RowAt(_bytes.AsSpan(at, _portionBytes - at), offset);
            }
            (_rowAt, _rowBytes) = (at, row.Length);
            return row.IsEmpty ? throw new DayFilesDamagedException($"{_file!.Path} ends within the row at offset {offset}") : true;
        }
        catch (DayFilesDamagedException damage)
        {
            _damaged(damage);
            throw;
        }
    }

    /// <summary>
    /// Fills a trade with the row's: numbers, institution, channel, kinds, amount, times and SUCCESS. Nothing else of it is in a row.
    /// </summary>
    public void Fill(Trade into)
    {
        into.Clear();
        RowFormat.Read(Payload, into);
        into.InstId = _file!.Key.InstId;
    }

    /// <summary>Fills a refund with the row's, likewise.</summary>
    public void Fill(Refund into)
    {
        into.Clear();
        RowFormat.Read(Payload, into);
        into.InstId = _file!.Key.InstId;
    }
}
