using HotPath.Core.Auth;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Wire;
using HotPath.Signing;

namespace HotPath.Core.Notify;

/// <summary>
/// Makes a notification out of the book: the members of the query's answer as it would be now, signed with the key that is current now. So a
/// letter that is sent again after weeks verifies with the key that its key_id names, and nothing of a trade lies about in the meantime.
/// </summary>
internal sealed class NotificationWriter(ILedger ledger, GatewayKeys keys, TimeProvider clock)
{
    /// <summary>Lays it out in <paramref name="page"/>; false when the book has no such final trade or refund of this institution.</summary>
    /// <exception cref="LedgerUnavailableException">The ledger is stopped, or stands still.</exception>
    internal async ValueTask<bool> WriteAsync(NotifyId id, Institution institution, NotificationPage page)
    {
        bool isRefund = id.Type == NotifyType.Refund;
        bool isThere = isRefund
            ? await ledger.FindRefundAsync(id.Number, page.Refund) && page.Refund.IsFinal && page.Refund.InstId == institution.InstId
            : await ledger.FindAsync(id.Number, page.Trade) && page.Trade.IsFinal && page.Trade.InstId == institution.InstId;
        if (isThere)
        {
            Sign(id, institution, page);
        }
        return isThere;
    }

    private void Sign(NotifyId id, Institution institution, NotificationPage page)
    {
        SigningKey key = keys.For(institution.SignType);
        Span<byte> instId = stackalloc byte[InstId.MaxLength];
        page.Buffer.Lay(new Answer
        {
            Code = RespCode.None,
            Language = institution.Language,
            RespId = default,
            RespTimeMs = 0,
            KeyId = key.KeyIdUtf8.Span,
            InstId = instId[..institution.InstId.Format(instId)],
            View = id.Type == NotifyType.Refund ? TradeView.RefundQuery : TradeView.Query,
            Trade = page.Trade,
            Refund = page.Refund,
            NotifyId = id,
            NotifyTimeMs = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        });
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        page.Buffer.Seal(signature[..key.Sign(page.Buffer.SigningText, signature)]);
    }
}

/// <summary>What one notification is made on; used again by the next one.</summary>
internal sealed class NotificationPage
{
    internal Trade Trade { get; } = new();

    internal Refund Refund { get; } = new();

    internal AnswerBuffer Buffer { get; } = new();
}
