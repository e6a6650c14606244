using HotPath.Core.Model;
using HotPath.Core.Qr;

namespace HotPath.Core.Routing;

/// <summary>All of a payment that routes look at.</summary>
public readonly ref struct RouteRequest
{
    public required BizType BizType { get; init; }

    /// <summary>By the region of the institution.</summary>
    public required Direction Direction { get; init; }

    public required Currency Currency { get; init; }

    public required Amount Amount { get; init; }

    /// <summary>Unix milliseconds: maintenance is by the clock.</summary>
    public required long NowMs { get; init; }

    /// <summary>What was read of the code; nothing in a payment by face.</summary>
    public QrReading Code { get; init; }

    /// <summary>The code; empty in a payment by face. Whose it is, the table says that is asked: another may know other schemes.</summary>
    public ReadOnlySpan<byte> QrContent { get; init; }

    /// <summary>The member to name where no route is for such a payment in any currency.</summary>
    internal Member Unserved => BizType == BizType.FacePay ? Member.TradeType : Member.QrContent;
}
