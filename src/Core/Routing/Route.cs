using HotPath.Core.Clearing;
using HotPath.Core.Model;

namespace HotPath.Core.Routing;

/// <summary>A way to a channel and what it takes (3.1, step 3).</summary>
public sealed record Route
{
    /// <summary>Longest name that is given, in characters.</summary>
    public const int MaxIdLength = 32;

    /// <summary>Its name in trails and explanations, no two alike: 1 to 32 of <c>A-Za-z0-9_-</c>. Default: the channel's, a point, and its place in the list from 1.</summary>
    public string? Id { get; init; }

    public required Channel Channel { get; init; }

    /// <summary>Currencies the channel clears.</summary>
    public required IReadOnlySet<Currency> Currencies { get; init; }

    /// <summary>
    /// Schemes of codes that this way is for, by their GUIDs. Default none: a default route, for codes whose scheme is unknown or that no
    /// route names.
    /// </summary>
    public IReadOnlyCollection<string> Schemes { get; init; } = [];

    /// <summary>The one direction it is for. Default both.</summary>
    public Direction? Direction { get; init; }

    /// <summary>The one kind of payment it is for, SCAN_PAY or FACE_PAY. Default both.</summary>
    public BizType? BizType { get; init; }

    /// <summary>Smallest amount, in minor units. Default 1.</summary>
    public long MinMinorUnits { get; init; } = 1;

    /// <summary>Largest amount, in minor units. Default none.</summary>
    public long MaxMinorUnits { get; init; } = long.MaxValue;

    public bool IsEnabled { get; init; } = true;

    /// <summary>For drills: the route takes only amounts whose last two digits of minor units are these. Default none: all amounts.</summary>
    public int? OnlyAmountsEndingWith { get; init; }

    /// <summary>When no new payment takes it.</summary>
    public IReadOnlyList<MaintenanceWindow> Maintenance { get; init; } = [];

    /// <summary>The lowest goes first, as in DNS (RFC 2782). Default: its place in the list from 1.</summary>
    public int? Priority { get; init; }

    /// <summary>Its part among routes of the same priority, as far as its channel is healthy. Default 1. Range 1 to 1,000.</summary>
    public int Weight { get; init; } = 1;
}

/// <summary>The chosen channel with one of its credits taken, or why there is none.</summary>
public readonly record struct RouteChoice(Channel? Channel, Rejection Rejection)
{
    public static RouteChoice Refused(RespCode code, Member member = Member.None) => new(null, new Rejection(code, member));
}

/// <summary>What a table says of one of its routes and a payment.</summary>
/// <param name="Route">With its name and priority.</param>
/// <param name="Reason">What is against it; None where it may be taken.</param>
/// <param name="Share">Its chance, 0 to 1.</param>
public readonly record struct RouteVerdict(Route Route, RouteReason Reason, double Share);
