using System.Globalization;
using System.Security.Cryptography;
using CsvHelper;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>
/// Writes one reconciliation file: UTF-8 without a mark, LF, RFC 4180, header, rows, and the END line with their number and sums. Counts, sums and hashes
/// on the way.
/// </summary>
internal sealed class ReconCsv : IDisposable
{
    internal static readonly string[] TradeColumns =
    [
        "trade_no", "out_trade_no", "inst_id", "channel_id", "channel_trade_no", "trade_type", "qr_type", "total_amount", "currency", "trade_time",
        "trade_status",
    ];

    internal static readonly string[] RefundColumns =
        ["refund_id", "refund_no", "orig_trade_no", "out_trade_no", "refund_amount", "currency", "refund_time", "refund_status"];

    /// <summary>First field of the last line.</summary>
    internal const string End = "<END>";

    // What is written is synced in pieces: a sync of 200 MB at once would hold the journal's commits up on the same disk.
    private const int SyncEveryBytes = 2 * 1024 * 1024;

    // Values go out as they are, also those that a spreadsheet could take for a formula (F48): an order number with a mark in front would be another
    // number. None has more than letters, digits, '_' and '-' but the channel's, and that is what the channel said.
    private static readonly CsvWriterOptions Format = new() { NewLine = "\n", ValidateFieldCount = false, Injection = CsvInjection.None };

    private readonly ReconFileName _name;
    private readonly byte[] _instId = new byte[InstId.MaxLength];
    private readonly int _instIdLength;
    private readonly FileStream _file;
    private readonly SHA256 _hash = SHA256.Create();
    private readonly CryptoStream _hashing;
    private readonly CsvWriter _csv;
    private readonly byte[] _scratch = new byte[32];
    private long _syncedBytes;

    /// <param name="path">Is overwritten.</param>
    /// <param name="name">Whose rows follow.</param>
    internal ReconCsv(string path, ReconFileName name)
    {
        _name = name;
        _instIdLength = name.InstId.Format(_instId);
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        _hashing = new CryptoStream(_file, _hash, CryptoStreamMode.Write, leaveOpen: true);
        _csv = CsvWriter.Create(_hashing, Format, leaveOpen: true);
        _csv.WriteHeader(ColumnsOf(name.Type));
    }

    internal static ReadOnlySpan<string> ColumnsOf(ReconType type) => type == ReconType.Trade ? TradeColumns : RefundColumns;

    internal CurrencySums Sums { get; } = new();

    internal long Count { get; private set; }

    internal void Write(in ReconRow row)
    {
        if (_name.Type == ReconType.Trade)
        {
            WriteTrade(row);
        }
        else
        {
            WriteRefund(row);
        }
        _csv.EndRecord();
        Count++;
        Sums.Add(row.Currency, row.Amount.MinorUnits);
        if (_file.Position - _syncedBytes >= SyncEveryBytes)
        {
            Sync();
        }
    }

    /// <summary>Writes the END line; the file is durable on return.</summary>
    /// <returns>What is to be known of it.</returns>
    internal ReconFileFacts Finish(RowSpan rows)
    {
        _csv.WriteField(End);
        _csv.WriteField(Count.ToString(CultureInfo.InvariantCulture));
        _csv.WriteField(Sums.ToLine());
        _csv.EndRecord();
        _csv.Flush();
        _hashing.FlushFinalBlock();
        Sync();
        return new ReconFileFacts
        {
            RecordCount = Count,
            AmountSummary = Sums.ToJson(),
            Sha256 = Convert.ToHexStringLower(_hash.Hash!),
            Bytes = _file.Length,
            Rows = rows,
        };
    }

    public void Dispose()
    {
        try
        {
            // The writers flush as they go, into a file that nobody will look at when it was not finished.
            _csv.Dispose();
            _hashing.Dispose();
        }
        catch (IOException)
        {
            // The disk is full, most likely. Whoever wrote was told, or did not want it any more.
        }
        finally
        {
            _hash.Dispose();
            _file.Dispose();
        }
    }

    private void WriteTrade(in ReconRow row)
    {
        Write(row.Number);
        _csv.WriteField(row.OrderNo.Span);
        _csv.WriteField(_instId.AsSpan(0, _instIdLength));
        _csv.WriteField(row.ChannelId.Span);
        _csv.WriteField(row.ChannelTradeNo.Span);
        _csv.WriteField(TradeTypes.Name(row.TradeType));
        _csv.WriteField(row.QrType switch { QrType.Dynamic => "01"u8, QrType.Static => "02"u8, _ => ""u8 });
        WriteEnd(row);
    }

    private void WriteRefund(in ReconRow row)
    {
        Write(row.Number);
        _csv.WriteField(row.RefundNo.Span);
        Write(row.OrigTradeNo);
        _csv.WriteField(row.OrderNo.Span);
        WriteEnd(row);
    }

    // Amount, currency, time and status: what both end with.
    private void WriteEnd(in ReconRow row)
    {
        _csv.WriteField(_scratch.AsSpan(0, row.Amount.Format(_scratch, row.Currency.Exponent)));
        _csv.WriteField(_scratch.AsSpan(0, row.Currency.Format(_scratch)));
        _csv.WriteField(_scratch.AsSpan(0, BeijingTime.Format(row.TimeMs, _scratch)));
        _csv.WriteField("SUCCESS"u8);
    }

    private void Write(TradeNo number) => _csv.WriteField(_scratch.AsSpan(0, number.Format(_scratch)));

    private void Sync()
    {
        LibC.SyncContent(_file.SafeFileHandle);
        _syncedBytes = _file.Position;
    }
}
