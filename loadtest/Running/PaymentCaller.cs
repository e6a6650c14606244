using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using HotPath.LoadTest.Wire;
using HotPath.Signing;

namespace HotPath.LoadTest.Running;

/// <summary>Which answers are looked at closely.</summary>
/// <param name="Gateway">The key that must have signed them; null: none is verified.</param>
/// <param name="VerifyEvery">One in so many, and in any case the first of a run: a short one must verify something too.</param>
/// <param name="Firsts">Where bodies are sent again: the first final answer to each, which every later one must equal. Null: nobody repeats.</param>
/// <param name="Times">Where it is written down when each trade was answered. Null: nobody asks.</param>
internal sealed record AnswerCheck(VerifyingKey? Gateway, int VerifyEvery, FirstAnswers? Firsts = null, AnswerTimes? Times = null);

/// <summary>One customer after the other over one connection: sends a payment, reads and checks its answer, writes both into the record.</summary>
internal sealed class PaymentCaller(GatewayEndpoint endpoint, RunRecord record, AnswerCheck check) : IAsyncDisposable
{
    private readonly GatewayConnection _connection = new(endpoint);
    private long _freeSince;

    public Task OpenAsync(CancellationToken cancel) => _connection.OpenAsync(cancel);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Sends <paramref name="body"/>, which was due at <paramref name="intended"/>.</summary>
    public async ValueTask CallAsync(ReadOnlyMemory<byte> body, int index, long intended)
    {
        long sent = Pacer.Now;
        // Late is the generator only while it could have sent: the payment was due and this connection had its last answer.
        record.Sent(sent - Math.Max(intended, _freeSince));
        try
        {
            HttpAnswer answer = await _connection.ExchangeAsync(body);
            _freeSince = Pacer.Now;
            record.Answered(answer.Status, SignedAnswer.Peek(answer.Body.Span, "\"resp_code\":\""u8), new CallTimes(intended, sent, _freeSince));
            check.Times?.Note(answer.Body.Span, _freeSince);
            Check(body.Span, index, answer);
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            _freeSince = Pacer.Now;
            record.Unanswered(new CallTimes(intended, sent, _freeSince));
        }
    }

    private void Check(ReadOnlySpan<byte> body, int index, HttpAnswer answer)
    {
        if (answer.Status != 200)
        {
            return;
        }
        ReadOnlySpan<byte> asked = SignedAnswer.Peek(body, "\"req_id\":\""u8);
        if (!SignedAnswer.Peek(answer.Body.Span, "\"req_id\":\""u8).SequenceEqual(asked))
        {
            record.Mismatch($"an answer to another request than {Encoding.UTF8.GetString(asked)}: {Encoding.UTF8.GetString(answer.Body.Span)}");
            return;
        }
        if (check.Firsts?.Differs(index, answer.Body.Span) == true)
        {
            record.Mismatch($"another answer than the first to {Encoding.UTF8.GetString(asked)}: {Encoding.UTF8.GetString(answer.Body.Span)}");
            return;
        }
        if (check.Gateway is { } gateway && (index % check.VerifyEvery == 0 || record.Verified == 0))
        {
            Verify(answer, gateway);
        }
    }

    private void Verify(HttpAnswer answer, VerifyingKey gateway)
    {
        SortedDictionary<string, string>? members = SignedAnswer.Read(answer.Body.Span);
        if (members is null || !SignedAnswer.Verifies(members, gateway))
        {
            record.Mismatch($"an answer whose signature does not verify: {Encoding.UTF8.GetString(answer.Body.Span)}");
            return;
        }
        string Of(string name) => members.GetValueOrDefault(name, "");
        bool hasTrade = members.ContainsKey("trade_no");
        record.WasVerified(hasTrade ? new PaidTrade(Of("inst_id"), Of("resp_code"), Of("trade_no"), Of("out_trade_no"), Of("total_amount")) : null);
    }
}
