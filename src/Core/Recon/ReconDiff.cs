using System.Security.Cryptography;
using System.Text;
using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>One line of diff_list, as it is sent.</summary>
public sealed record ReconDifference(string? TradeNo, string? OutTradeNo, string DiffType, string? InstAmount, string? GwAmount, string Currency);

/// <summary>What a comparison came to: what an upload says.</summary>
public sealed record ReconDiffResult
{
    /// <summary>01 no difference, 02 or 03 where all are of that kind, else 04.</summary>
    public required string ReconResult { get; init; }

    /// <summary>The institution's rows.</summary>
    public required long TotalCount { get; init; }

    /// <summary>Their sums, as amount_summary.</summary>
    public required string AmountSummary { get; init; }

    /// <summary>SHA-256 of the gateway's file.</summary>
    public required string FileHash { get; init; }

    public required long DiffCount { get; init; }

    /// <summary>The first 1,000.</summary>
    public required IReadOnlyList<ReconDifference> DiffList { get; init; }
}

/// <summary>
/// Compares an institution's list with the gateway's file of the day, offline: both by number, row by row, so that memory does not depend on their length. The
/// institution's may be in any order, and may lack numbers that it was never told; those are found by its own.
/// </summary>
public sealed class ReconDiff : IDisposable
{
    /// <summary>Rows of the institution without the gateway's number: they wait in memory. More than this, and something else is wrong.</summary>
    internal const int MostWithoutNumber = 100_000;

    // 20 MiB; a list of 20,000,000 rows is merged from 305 portions.
    private const int Portion = 64 * 1024;

    private readonly ReconType _type;
    private readonly LateRows _theirs;
    private readonly Dictionary<string, ReconRow> _withoutNumber = new(StringComparer.Ordinal);
    private readonly CurrencySums _theirSums = new();
    private readonly List<ReconDifference> _listed = [];
    private readonly HashSet<string> _kinds = [];
    private long _count;

    private ReconDiff(ReconType type, string scratch, int portion)
    {
        _type = type;
        _theirs = new LateRows(scratch, portion);
    }

    /// <summary>Compares.</summary>
    /// <param name="theirs">The institution's CSV with a header: trade_no (or refund_id), out_trade_no (refund_no), amount (total_amount, refund_amount), currency, and where it has one a status, of which only SUCCESS counts.</param>
    /// <param name="ours">The gateway's file.</param>
    /// <param name="type">What both are about.</param>
    /// <param name="scratch">A file that may be made and is gone afterwards, for what does not fit into memory.</param>
    /// <exception cref="FormatException">One of them is not what it should be; says which line.</exception>
    public static ReconDiffResult Compare(Stream theirs, Stream ours, ReconType type, string scratch) => Compare(theirs, ours, type, scratch, Portion);

    internal static ReconDiffResult Compare(Stream theirs, Stream ours, ReconType type, string scratch, int portion)
    {
        using var diff = new ReconDiff(type, scratch, portion);
        diff.ReadTheirs(theirs);
        string hash = diff.Merge(ours);
        return new ReconDiffResult
        {
            ReconResult = diff._kinds.Count switch { 0 => "01", 1 => diff._kinds.Single(), _ => "04" },
            TotalCount = (long)diff._theirSums.Count,
            AmountSummary = diff._theirSums.ToJson(),
            FileHash = hash,
            DiffCount = diff._count,
            DiffList = diff._listed,
        };
    }

    public void Dispose() => _theirs.Dispose();

    private void ReadTheirs(Stream file)
    {
        using var reader = new ReconReader(file, _type, isOurs: false);
        var row = default(ReconRow);
        while (reader.TryRead(ref row))
        {
            _theirSums.Add(row.Currency, row.Amount.MinorUnits);
            if (row.Number.IsAssigned)
            {
                _theirs.Add(row);
            }
            else if (_withoutNumber.Count == MostWithoutNumber || !_withoutNumber.TryAdd(row.OrderNo.ToString(), row))
            {
                throw reader.Fault(_withoutNumber.Count == MostWithoutNumber ? $"more than {MostWithoutNumber} rows lack a number of the gateway" : $"{row.OrderNo} is there twice");
            }
        }
        _theirs.Close();
    }

    private string Merge(Stream ours)
    {
        using var hash = SHA256.Create();
        using (var hashing = new CryptoStream(ours, hash, CryptoStreamMode.Read, leaveOpen: true))
        using (var reader = new ReconReader(hashing, _type, isOurs: true))
        {
            var row = default(ReconRow);
            while (reader.TryRead(ref row))
            {
                TakeTheirsBelow(row.Number, orEqual: false);
                bool isBoth = !_theirs.IsEmpty && _theirs.Smallest == row.Number;
                if (isBoth)
                {
                    Compare(TakeTheirs(), row);
                }
                else if (_withoutNumber.Remove(row.OrderNo.ToString(), out ReconRow theirs))
                {
                    Compare(theirs, row);
                }
                else
                {
                    Tell(null, row);
                }
            }
        }
        TakeTheirsBelow(new TradeNo(ulong.MaxValue, ushort.MaxValue), orEqual: true);
        foreach (ReconRow row in _withoutNumber.Values)
        {
            Tell(row, null);
        }
        return Convert.ToHexStringLower(hash.Hash!);
    }

    private void TakeTheirsBelow(TradeNo number, bool orEqual)
    {
        while (!_theirs.IsEmpty && (_theirs.Smallest < number || (orEqual && _theirs.Smallest == number)))
        {
            Tell(TakeTheirs(), null);
        }
    }

    private ReconRow TakeTheirs()
    {
        ReconRow row = _theirs.Take();
        return _theirs.IsEmpty || _theirs.Smallest != row.Number ? row : throw new FormatException($"{row.Number} is there twice in the institution's list");
    }

    // In another currency it is another sum: one that the gateway has not, and one that the institution has not.
    private void Compare(in ReconRow theirs, in ReconRow ours)
    {
        if (theirs.Currency != ours.Currency)
        {
            Tell(theirs, null);
            Tell(null, ours);
        }
        else if (theirs.Amount != ours.Amount)
        {
            Tell(theirs, ours);
        }
    }

    private void Tell(ReconRow? theirs, ReconRow? ours)
    {
        string kind = ours is null ? "02" : theirs is null ? "03" : "04";
        _kinds.Add(kind);
        if (++_count > DifferenceList.Most)
        {
            return;
        }
        ReconRow row = ours ?? theirs!.Value;
        _listed.Add(new ReconDifference(
            row.Number.IsAssigned ? row.Number.ToString() : null, row.OrderNo.Length > 0 ? row.OrderNo.ToString() : null, kind,
            Text(theirs), Text(ours), row.Currency.ToString()));
    }

    private static string? Text(ReconRow? row)
    {
        if (row is not { } one)
        {
            return null;
        }
        Span<byte> text = stackalloc byte[32];
        return Encoding.ASCII.GetString(text[..one.Amount.Format(text, one.Currency.Exponent)]);
    }
}
