using System.Collections.Frozen;
using HotPath.Core.Model;
using HotPath.Signing;

namespace HotPath.Core.Auth;

/// <summary>Where an institution is registered: it decides the direction of a payment (3.2.1 主扫, 3.2.2 被扫).</summary>
public enum Region : byte
{
    Domestic = 0,
    Overseas = 1,
}

/// <summary>A registered institution: who it is, whom to believe, what it may do.</summary>
public sealed class Institution(string instId, Region region, Language language, IEnumerable<Currency> currencies, KeyRing keys, SigningBudget budget)
{
    private readonly FrozenSet<uint> _currencies = currencies.Select(currency => currency.ToRaw()).ToFrozenSet();

    public string Name { get; } = instId;

    public InstId InstId { get; } = InstId.From(instId);

    public Region Region { get; } = region;

    public Language Language { get; } = language;

    public KeyRing Keys { get; } = keys;

    /// <summary>Signed refusals for capacity that this institution gets (protocol, section 1).</summary>
    public SigningBudget RefusalBudget { get; } = budget;

    public bool MayUse(Currency currency) => _currencies.Contains(currency.ToRaw());
}

/// <summary>Every registered institution. A change is a new directory, swapped in whole.</summary>
public sealed class InstitutionDirectory(IEnumerable<Institution> institutions)
{
    private volatile FrozenDictionary<InstId, Institution> _byId = Index(institutions);

    public IReadOnlyCollection<Institution> All => _byId.Values;

    public Institution? Find(InstId instId) => _byId.GetValueOrDefault(instId);

    /// <summary>Replaces all institutions at once; requests under way keep the one they found.</summary>
    public void Swap(IEnumerable<Institution> institutions) => _byId = Index(institutions);

    private static FrozenDictionary<InstId, Institution> Index(IEnumerable<Institution> institutions) =>
        institutions.ToFrozenDictionary(institution => institution.InstId);
}
