using CsvHelper;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>Reads one of the two lists of a comparison.</summary>
internal sealed class ReconReader : IDisposable
{
    private static readonly CsvReaderOptions Strict = new() { MalformedData = CsvMalformedDataHandling.Throw, MaxRecordSize = 64 * 1024, TrackLineNumbers = true };

    private readonly CsvReader _csv;
    private readonly bool _isOurs;
    private readonly int _number;
    private readonly int _order;
    private readonly int _amount;
    private readonly int _currency;
    private readonly int _status;
    private readonly CurrencySums _sums = new();
    private TradeNo _last;

    /// <exception cref="FormatException">A column is missing.</exception>
    internal ReconReader(Stream file, ReconType type, bool isOurs)
    {
        _csv = CsvReader.Create(file, Strict, leaveOpen: true);
        _isOurs = isOurs;
        bool isOfTrades = type == ReconType.Trade;
        _csv.ReadHeader();
        _number = Column(isOfTrades ? ["trade_no"] : ["refund_id", "trade_no"], isRequired: isOurs);
        _order = Column(isOfTrades ? ["out_trade_no"] : ["refund_no", "out_trade_no"], isRequired: isOurs);
        _amount = Column(isOfTrades ? ["amount", "total_amount"] : ["amount", "refund_amount"], isRequired: true);
        _currency = Column(["currency"], isRequired: true);
        _status = Column(isOfTrades ? ["trade_status", "status"] : ["refund_status", "status"], isRequired: false);
        if (_number < 0 && _order < 0)
        {
            throw Fault("has neither the gateway's numbers nor the institution's");
        }
    }

    internal bool TryRead(ref ReconRow row)
    {
        while (_csv.Read())
        {
            if (_csv.GetSpan(0).SequenceEqual("<END>"u8))
            {
                End();
                return false;
            }
            if (_status >= 0 && !_csv.GetSpan(_status).SequenceEqual("SUCCESS"u8))
            {
                continue;
            }
            Fill(ref row);
            return true;
        }
        return _isOurs ? throw Fault("ends without its END line: it is not whole") : false;
    }

    internal FormatException Fault(string what) => new($"{(_isOurs ? "the gateway's file" : "the institution's list")}, line {_csv.LineNumber}: {what}");

    public void Dispose() => _csv.Dispose();

    private void Fill(ref ReconRow row)
    {
        row = default;
        if (_number >= 0 && _csv.GetSpan(_number) is { IsEmpty: false } number)
        {
            row.Number = TradeNo.Parse(number);
            if (!row.Number.IsAssigned)
            {
                throw Fault("this is no number that the gateway gives: " + _csv.GetString(_number));
            }
        }
        ReadOnlySpan<byte> order = _order < 0 ? default : _csv.GetSpan(_order);
        if (order.Length > ShortText.MaxLength || (order.IsEmpty && !row.Number.IsAssigned))
        {
            throw Fault("has no number, or one longer than 64 letters");
        }
        row.OrderNo.Set(order);
        row.Currency = Currency.Parse(_csv.GetSpan(_currency));
        if (!row.Currency.IsKnown || Amount.TryParse(_csv.GetSpan(_amount), row.Currency.Exponent, out row.Amount) != AmountForm.Ok)
        {
            throw Fault($"{_csv.GetString(_amount)} {_csv.GetString(_currency)} is no amount");
        }
        if (_isOurs)
        {
            if (row.Number <= _last)
            {
                throw Fault("is not in order");
            }
            _last = row.Number;
            _sums.Add(row.Currency, row.Amount.MinorUnits);
        }
    }

    private void End()
    {
        if (!_isOurs)
        {
            return;
        }
        if (_csv.GetString(1) != _sums.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) || _csv.GetString(2) != _sums.ToLine())
        {
            throw Fault("the END line does not say what the file holds");
        }
        if (_csv.Read())
        {
            throw Fault("goes on after its END line");
        }
    }

    private int Column(string[] names, bool isRequired)
    {
        foreach (string name in names)
        {
            if (_csv.TryGetFieldIndex(name, out int index))
            {
                return index;
            }
        }
        return isRequired ? throw Fault("has no column " + names[0]) : -1;
    }
}
