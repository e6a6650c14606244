using HotPath.Core.Model;

namespace HotPath.Core.Recon;

/// <summary>Which reconciliation file: one institution's, of one Beijing day, of payments or refunds.</summary>
public readonly record struct ReconFileName(InstId InstId, BeijingDay Day, ReconType Type)
{
    /// <summary><c>HP_CN000001_20260919_TRADE.csv</c>. Nothing of it is free text, so it is no way out of a folder either (F54).</summary>
    public override string ToString() => $"HP_{InstId}_{Day}_{ReconTypes.Name(Type)}.csv";
}
