using System.Collections.Frozen;
using HotPath.Core.Admission;
using HotPath.Core.Model;
using HotPath.Core.Telemetry;
using HotPath.Signing;

namespace HotPath.Core.Auth;

/// <summary>Where an institution is registered: which way its payments cross the border (3.2.1 主扫, 3.2.2 被扫).</summary>
public enum Region : byte
{
    Domestic = 0,
    Overseas = 1,
}

/// <summary>Where an institution is notified.</summary>
/// <param name="Address">https, registered offline, never taken from a request.</param>
/// <param name="MaxConcurrent">Notifications under way to it at once, at most.</param>
public sealed record NotifyTarget(Uri Address, int MaxConcurrent);

/// <summary>A registered institution: who it is, whom to believe, what it may do.</summary>
public sealed class Institution(
    string instId, Region region, Language language, IEnumerable<Currency> currencies, KeyRing keys, Allowance allowance,
    GatewayMetrics.InstitutionMetrics metrics)
{
    private readonly FrozenSet<uint> _currencies = currencies.Select(currency => currency.ToRaw()).ToFrozenSet();
    private readonly FrozenSet<BizType>? _interfaces;

    public InstId InstId { get; } = InstId.From(instId);

    public Region Region { get; } = region;

    /// <summary>Which way its payments cross the border.</summary>
    public Direction Direction => DirectionOf(Region);

    /// <summary>The one sign type that its requests must have and its answers get.</summary>
    public SignType SignType => Keys.SignType;

    public Language Language { get; } = language;

    public KeyRing Keys { get; } = keys;

    public Allowance Allowance { get; } = allowance;

    public GatewayMetrics.InstitutionMetrics Metrics { get; } = metrics;

    /// <summary>Where it wants to be told results (3.1, step 6); null where it does not.</summary>
    public NotifyTarget? NotifyTarget { get; init; }

    /// <summary>The interfaces it is registered for; null, all there are.</summary>
    public IReadOnlyCollection<BizType>? Interfaces
    {
        get => _interfaces;
        init => _interfaces = value?.ToFrozenSet();
    }

    /// <summary>主扫 from inside, 被扫 from outside (3.2.1, 3.2.2).</summary>
    public static Direction DirectionOf(Region region) => region == Region.Domestic ? Direction.Outbound : Direction.Inbound;

    public bool MayCall(BizType type) => _interfaces is null || _interfaces.Contains(type);

    public bool MayUse(Currency currency) => _currencies.Contains(currency.ToRaw());
}

/// <summary>Every registered institution. A change is a new directory, swapped in whole.</summary>
public sealed class InstitutionDirectory(IReadOnlyCollection<Institution> institutions)
{
    private volatile FrozenDictionary<InstId, Institution> _byId = Index(institutions);
    private volatile int[] _largestRings = Largest(institutions);

    /// <summary>Keys of the institution that has most of this type, at least one: what every refusal costs.</summary>
    public int LargestRing(SignType type) => _largestRings[(int)type];

    /// <summary>Registered institutions.</summary>
    public int Count => _byId.Count;

    public Institution? Find(InstId instId) => _byId.GetValueOrDefault(instId);

    /// <summary>Replaces all institutions at once; requests under way keep the one they found.</summary>
    public void Swap(IReadOnlyCollection<Institution> institutions)
    {
        _byId = Index(institutions);
        _largestRings = Largest(institutions);
    }

    private static int[] Largest(IReadOnlyCollection<Institution> institutions) =>
        [.. SignTypes.All.Select(type => institutions.Where(one => one.SignType == type).Select(one => one.Keys.Keys.Count).Append(1).Max())];

    private static FrozenDictionary<InstId, Institution> Index(IEnumerable<Institution> institutions) =>
        institutions.ToFrozenDictionary(institution => institution.InstId);
}
