namespace HotPath.Faults.Simulation;

/// <summary>What a till wants paid.</summary>
internal sealed record Order
{
    // Any amount in any currency. Its merchant is in every answer, and so must come through every crash as it was.
    private const string StaticCode = "00020101021126270012hk.com.hkicl020701234565907咖啡 & Co6002香港6304C9FA";

    internal required string InstId { get; init; }

    internal required string OrderNo { get; init; }

    internal required string Amount { get; init; }

    internal required string Currency { get; init; }

    /// <summary>A dynamic code is single-use.</summary>
    internal required bool IsDynamic { get; init; }

    internal required string Code { get; init; }

    /// <summary>Paid by face; the code is not used.</summary>
    internal bool IsByFace { get; init; }

    internal static Order Draw(Plan plan, Chance chance, int number, IReadOnlyList<Order> before)
    {
        bool isDynamic = chance.Happens(0.4);
        // Now and then somebody scans a code that was used, mostly one of another institution.
        Order? used = isDynamic && before.Count > 0 && chance.Happens(0.1) ? before[chance.Below(before.Count)] : null;
        string currency = chance.Pick("HKD", "CNY", "JPY");
        string whole = chance.Between(1, 9_999).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new Order
        {
            InstId = VirtualClient.InstIdOf(chance.Between(1, plan.Institutions)),
            OrderNo = $"T{number}",
            Amount = currency == "JPY" ? whole : $"{whole}.{chance.Between(0, 99):D2}",
            Currency = currency,
            IsDynamic = isDynamic,
            Code = used is { IsDynamic: true } ? used.Code : isDynamic ? $"https://qr.example.hk/d{number}" : StaticCode,
            IsByFace = !isDynamic && number % 3 == 0,
        };
    }
}
