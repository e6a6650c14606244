using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using HdrHistogram;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Wire;
using HotPath.Signing;

namespace HotPath.LoadTest.Running;

/// <summary>After a run: are the trades in the book what their answers said? A gateway that loses trades is fast.</summary>
internal sealed class TradeAudit(GatewayEndpoint endpoint, IReadOnlyDictionary<string, SignedBody> signers, VerifyingKey gateway, TimeProvider clock)
{
    /// <summary>Microseconds of each query, one after the other.</summary>
    public LongHistogram Latencies { get; } = new(3_600_000_000, 3);

    /// <summary>Queries each trade as its institution; what differs goes into the record.</summary>
    /// <returns>Trades queried.</returns>
    public async Task<int> RunAsync(RunRecord record, CancellationToken cancel)
    {
        await using var connection = new GatewayConnection(endpoint);
        string run = Convert.ToHexString(RandomNumberGenerator.GetBytes(6));
        int queried = 0;
        foreach (PaidTrade trade in record.Trades)
        {
            cancel.ThrowIfCancellationRequested();
            string reqId = string.Create(CultureInfo.InvariantCulture, $"A{run}-{queried++}");
            byte[] body = signers[trade.InstId].Query(reqId, clock.GetUtcNow(), trade.TradeNo);
            string? wrong;
            try
            {
                long sent = Pacer.Now;
                HttpAnswer answer = await connection.ExchangeAsync(body);
                Latencies.RecordValue((Pacer.Now - sent) / 1000);
                wrong = Compare(trade, reqId, answer);
            }
            catch (IOException failure)
            {
                wrong = failure.Message;
            }
            if (wrong is not null)
            {
                record.Mismatch($"trade {trade.TradeNo}, answered {trade.RespCode}: {wrong}");
            }
        }
        return queried;
    }

    /// <summary>How many of the trades are in which status now. One that cannot be queried counts under what was answered instead.</summary>
    public async Task<IReadOnlyDictionary<string, int>> StatusesAsync(RunRecord record, CancellationToken cancel)
    {
        await using var connection = new GatewayConnection(endpoint);
        string run = Convert.ToHexString(RandomNumberGenerator.GetBytes(6));
        var statuses = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (PaidTrade trade in record.Trades)
        {
            cancel.ThrowIfCancellationRequested();
            string reqId = $"S{run}-{trade.TradeNo}";
            HttpAnswer answer = await connection.ExchangeAsync(signers[trade.InstId].Query(reqId, clock.GetUtcNow(), trade.TradeNo));
            SortedDictionary<string, string>? members = SignedAnswer.Read(answer.Body.Span);
            string status = members?.GetValueOrDefault("trade_status") ?? $"HTTP {answer.Status} {members?.GetValueOrDefault("resp_code")}";
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
        }
        return statuses;
    }

    private string? Compare(PaidTrade trade, string reqId, HttpAnswer answer)
    {
        SortedDictionary<string, string>? members = SignedAnswer.Read(answer.Body.Span);
        if (answer.Status != 200 || members is null || !SignedAnswer.Verifies(members, gateway))
        {
            return $"its query was answered HTTP {answer.Status} and {Encoding.UTF8.GetString(answer.Body.Span)}";
        }
        string Of(string name) => members.GetValueOrDefault(name, "");
        bool isSame = Of("resp_code") == "0000" && Of("req_id") == reqId && Of("trade_no") == trade.TradeNo &&
            Of("out_trade_no") == trade.OrderNo && Of("total_amount") == trade.Amount && IsStatusAfter(trade.RespCode, Of("trade_status"));
        return isSame ? null : $"the book says {Encoding.UTF8.GetString(answer.Body.Span)}";
    }

    // 0001 may have become anything by now; a final answer may not.
    private static bool IsStatusAfter(string respCode, string status) => respCode switch
    {
        "0000" => status == "SUCCESS",
        "0001" => status.Length > 0,
        _ => status is "FAILED" or "CANCELLED",
    };
}
