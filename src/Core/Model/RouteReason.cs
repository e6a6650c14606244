namespace HotPath.Core.Model;

/// <summary>Why a route did not take a payment. The letter is stored in journal records: never reuse one.</summary>
public enum RouteReason : byte
{
    /// <summary>It takes the payment.</summary>
    None = 0,

    /// <summary>It is for codes of other schemes, or for those of none.</summary>
    Scheme = (byte)'s',

    /// <summary>It is for payments of the other direction (3.2.1, 3.2.2).</summary>
    Direction = (byte)'d',

    /// <summary>It is for the other biz_type.</summary>
    BizType = (byte)'i',

    /// <summary>Its channel does not clear the currency by it.</summary>
    Currency = (byte)'c',

    /// <summary>The amount is not one of its drill's.</summary>
    Drill = (byte)'n',

    /// <summary>The amount is over its limit.</summary>
    AboveLimit = (byte)'h',

    /// <summary>The amount is under its limit.</summary>
    BelowLimit = (byte)'l',

    /// <summary>It is disabled in the table.</summary>
    Disabled = (byte)'x',

    /// <summary>Its maintenance is on.</summary>
    Maintenance = (byte)'w',

    /// <summary>The breaker of its channel is open.</summary>
    Breaker = (byte)'b',

    /// <summary>An operator has opened the breaker of its channel.</summary>
    Operator = (byte)'o',

    /// <summary>Its channel was called already for this trade, and certainly did not get it.</summary>
    Tried = (byte)'t',

    /// <summary>Its channel has as many calls under way as it may have.</summary>
    Full = (byte)'f',

    /// <summary>Its channel was closed again, and has as many calls under way as it may have until some have ended well.</summary>
    Recovering = (byte)'r',

    /// <summary>It could have taken the payment; another of the same priority was drawn.</summary>
    NotDrawn = (byte)'e',

    /// <summary>It could have taken the payment; one that goes before it did.</summary>
    Later = (byte)'p',
}

/// <summary>The names and words of <see cref="RouteReason"/>.</summary>
public static class RouteReasons
{
    /// <summary>For programs.</summary>
    public static string Name(RouteReason reason) => reason switch
    {
        RouteReason.None => "takes_it",
        RouteReason.Scheme => "scheme",
        RouteReason.Direction => "direction",
        RouteReason.BizType => "biz_type",
        RouteReason.Currency => "currency",
        RouteReason.Drill => "drill",
        RouteReason.AboveLimit => "above_limit",
        RouteReason.BelowLimit => "below_limit",
        RouteReason.Disabled => "disabled",
        RouteReason.Maintenance => "maintenance",
        RouteReason.Breaker => "breaker",
        RouteReason.Operator => "operator",
        RouteReason.Tried => "tried",
        RouteReason.Full => "full",
        RouteReason.Recovering => "recovering",
        RouteReason.NotDrawn => "not_drawn",
        RouteReason.Later => "later",
        _ => "unknown",
    };

    /// <summary>For people.</summary>
    public static string Words(RouteReason reason) => reason switch
    {
        RouteReason.None => "takes it",
        RouteReason.Scheme => "is for other codes, by their scheme",
        RouteReason.Direction => "is for payments of the other direction",
        RouteReason.BizType => "is for the other biz_type",
        RouteReason.Currency => "does not clear the currency",
        RouteReason.Drill => "is for a drill's amounts",
        RouteReason.AboveLimit => "has a lower limit: the amount is over it",
        RouteReason.BelowLimit => "has a higher minimum: the amount is under it",
        RouteReason.Disabled => "is disabled",
        RouteReason.Maintenance => "is in maintenance",
        RouteReason.Breaker => "leads to a channel whose breaker is open",
        RouteReason.Operator => "leads to a channel whose breaker an operator has opened",
        RouteReason.Tried => "leads to a channel that was tried before and did not get it",
        RouteReason.Full => "leads to a channel that has as many calls under way as it may have",
        RouteReason.Recovering => "leads to a channel that was left alone and gets few calls at once, until some have ended well",
        RouteReason.NotDrawn => "was as good; another of its priority was drawn",
        RouteReason.Later => "comes after, by its priority",
        _ => $"has a reason '{(char)reason}' that this version does not know",
    };
}
