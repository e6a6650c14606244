using HotPath.Core.Model;

namespace HotPath.Host.Configuration;

/// <summary>The currencies of an institution or a route: ISO 4217, none twice.</summary>
internal static class CurrencyList
{
    internal static List<Currency> Read(Faults faults, string path, IReadOnlyList<string> codes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var currencies = new List<Currency>();
        foreach ((string at, string code) in faults.Each(path, codes))
        {
            Currency currency = Currency.Parse(code);
            if (!currency.IsKnown)
            {
                faults.Add(at, $"{code} is not an ISO 4217 currency");
            }
            faults.Unique(seen, at, code);
            currencies.Add(currency);
        }
        return currencies;
    }
}
