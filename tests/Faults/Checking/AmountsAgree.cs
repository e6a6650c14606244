namespace HotPath.Faults.Checking;

/// <summary>I7: what was asked for is what is answered and what is in the book, to the minor unit.</summary>
internal static class AmountsAgree
{
    internal static IEnumerable<Broken> Find(Evidence evidence)
    {
        var journal = evidence.Journal.ToDictionary(trade => trade.TradeNo, trade => (trade.AmountMinor, trade.Currency));
        foreach (JournalRefund refund in evidence.Journal.SelectMany(trade => trade.RefundsAtTheEnd))
        {
            journal[refund.RefundId] = (refund.AmountMinor, refund.Trade.Currency);
        }
        foreach (Call call in evidence.Calls.Where(call => call.IsOwnAnswer))
        {
            string member = call.IsOfRefund ? "refund_amount" : "total_amount";
            // A refund is in its trade's currency, whatever that is.
            string currency = call.Request.GetValueOrDefault("currency", call.Told("currency"));
            string wanted = $"{Money.Minor(call.Request[member], currency)} {currency}";
            string told = $"{call.Minor(member)} {call.Told("currency")}";
            if (told != wanted)
            {
                yield return Of(call, $"{call.Number} was asked for with {wanted} and is answered with {told}");
            }
            if (journal.TryGetValue(call.Number, out (long AmountMinor, string Currency) kept) && $"{kept.AmountMinor} {kept.Currency}" != wanted)
            {
                yield return Of(call, $"{call.Number} was asked for with {wanted}, and the journal has {kept.AmountMinor} {kept.Currency}");
            }
        }
    }

    private static Broken Of(Call call, string sentence) => new("I7", call.EndedAtMs, call.InstId, call.OrderNo, sentence);
}

/// <summary>Amounts as a person reads them.</summary>
internal static class Money
{
    internal static long Minor(string amount, string currency) =>
        (long)(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture) * currency switch
        {
            "JPY" or "KRW" => 1,
            "CNY" or "HKD" or "SGD" or "THB" or "USD" => 100,
            "KWD" => 1000,
            _ => throw new ArgumentException($"{currency} is none of the currencies that are paid in here"),
        });
}
