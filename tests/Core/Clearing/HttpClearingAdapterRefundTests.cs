using System.Text;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>Refunds through the adapter against a server on a raw socket. What networks do to them: <see cref="HttpRefundFailureTests"/>.</summary>
public sealed class HttpClearingAdapterRefundTests
{
    private readonly ClearingReference _refund = Payments.NewRefund(1200);

    [Fact]
    public async Task A_refund_is_sent_whole_with_its_refund_id_as_key_and_names_its_payment()
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_refund, "SUCCESS", ",\"channel_trade_no\":\"R-1\""));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        ClearingResult result = await adapter.SendOnceAsync(_refund);

        Assert.Equal((ClearingOutcome.Succeeded, "R-1"), (result.Outcome, result.ChannelTradeNo.ToString()));
        ReceivedRequest request = Assert.Single(server.Requests);
        Assert.StartsWith("POST /v1/refund HTTP/1.1", request.Head, StringComparison.Ordinal);
        Assert.Contains($"\r\nIdempotency-Key: {_refund.TradeNo}", request.Head, StringComparison.Ordinal);
        Assert.Equal(
            $$"""{"reference":"{{_refund.TradeNo}}","original_reference":"{{_refund.Original}}","amount_minor":"1200","currency":"CNY","inst_id":"CN000001"}""",
            request.Body);
    }

    [Fact]
    public async Task Payments_and_refunds_by_turns_are_each_sent_to_their_own_address()
    {
        await using var server = new ScriptedServer(async (request, stream) =>
        {
            using JsonDocument body = JsonDocument.Parse(request.Body);
            string members = string.Join(',', body.RootElement.EnumerateObject()
                .Where(member => member.Name is "reference" or "original_reference" or "amount_minor" or "currency").Select(member => member.ToString()));
            await stream.WriteAsync(ScriptedServer.Http($"{{{members},\"result\":\"SUCCESS\"}}"));
        });
        await using HttpClearingAdapter adapter = AdapterTo(server);
        // One credit: one call, used again for the other kind.
        Channel channel = Payments.NewChannel(adapter, maxInFlight: 1);

        for (int i = 0; i < 6; i++)
        {
            Assert.True(channel.TryTakeCredit());
            TimeSpan budget = TimeSpan.FromSeconds(30);
            ClearingResult result = await (i % 2 == 0 ? channel.PayAsync(Payments.NewReference(), budget) : channel.RefundAsync(Payments.NewRefund(), budget));
            Assert.Equal(ClearingOutcome.Succeeded, result.Outcome);
        }

        Assert.Equal(
            ["/v1/pay", "/v1/refund", "/v1/pay", "/v1/refund", "/v1/pay", "/v1/refund"],
            server.Requests.Select(request => request.Head.Split(' ')[1]));
        Assert.All(server.Requests, request =>
            Assert.Equal(request.Head.Contains("/v1/refund", StringComparison.Ordinal), request.Body.Contains("original_reference", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("INSUFFICIENT_BALANCE", RespCode.InsufficientBalance)]
    [InlineData("LIMIT_EXCEEDED", RespCode.LimitExceeded)]
    [InlineData("ACCOUNT_ABNORMAL", RespCode.AccountAbnormal)]
    [InlineData("REFUND_EXCEEDED", RespCode.RefundAmountExceeded)]
    [InlineData("ORIGINAL_NOT_EXECUTED", RespCode.TradeStateForbids)]
    public async Task A_decline_is_told_with_its_reason(string declineCode, RespCode failCode)
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_refund, "FAILED", $",\"decline_code\":\"{declineCode}\""));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        foreach (ClearingResult result in new[] { await adapter.SendOnceAsync(_refund), await adapter.InquireAsync(_refund) })
        {
            Assert.Equal((ClearingOutcome.Failed, failCode), (result.Outcome, result.FailCode));
        }
    }

    [Theory]
    [InlineData("\"1200\"", "\"8880\"")]
    [InlineData("\"1200\"", "1200")]
    [InlineData("CNY", "HKD")]
    [InlineData("{\"reference\":\"20", "{\"reference\":\"21")]
    [InlineData("\"original_reference\":\"20", "\"original_reference\":\"21")]
    [InlineData("\"original_reference\"", "\"origin_reference\"")]
    [InlineData("\"original_reference\":", "\"original_reference\":null,\"x\":")]
    [InlineData("\"original_reference\":", "\"original_reference\":\"\",\"x\":")]
    [InlineData("\"currency\":\"CNY\"", "\"currency\":\"CNY\",\"original_reference\":\"2026030112000000000700000001\"")]
    [InlineData("\"currency\":\"CNY\"", "\"currency\":\"CNY\",\"reference\":\"2026030112000000000700000001\"")]
    [InlineData("\"result\":\"SUCCESS\"", "\"result\":\"FAILED\",\"r\\u0065sult\":\"SUCCESS\"")]
    [InlineData("SUCCESS", "NOT_FOUND")]
    [InlineData("\"SUCCESS\"", "\"FAILED\"")]
    [InlineData("\"SUCCESS\"", "\"FAILED\",\"decline_code\":\"PARTLY_REFUNDED\"")]
    [InlineData("\"SUCCESS\"}", "\"SUCCESS\"}{}")]
    public async Task An_answer_that_does_not_bind_to_the_refund_leaves_it_in_doubt(string was, string became)
    {
        string answer = Payments.AnswerTo(_refund, "SUCCESS");
        Assert.Contains(was, answer, StringComparison.Ordinal);
        await using ScriptedServer server = Answering(answer.Replace(was, became, StringComparison.Ordinal));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        Assert.Equal(ClearingOutcome.Unknown, (await adapter.SendOnceAsync(_refund)).Outcome);
    }

    [Fact]
    public void An_answer_cut_at_any_position_is_in_doubt()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Payments.AnswerTo(_refund, "SUCCESS", ",\"channel_trade_no\":\"R-1\""));

        Assert.Equal(ClearingOutcome.Succeeded, OutcomeOf(whole, ClearingVerb.Refund));
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal(ClearingOutcome.Unknown, OutcomeOf(whole.AsSpan(0, length), ClearingVerb.Refund));
        }
    }

    [Theory]
    [InlineData("SUCCESS", ClearingOutcome.Succeeded, ClearingOutcome.Succeeded)]
    [InlineData("PENDING", ClearingOutcome.Processing, ClearingOutcome.Unknown)]
    [InlineData("NOT_FOUND", ClearingOutcome.NotFound, ClearingOutcome.Unknown)]
    [InlineData("REVERSED", ClearingOutcome.Reversed, ClearingOutcome.Reversed)]
    public async Task Inquiry_and_reversal_of_a_refund_name_its_payment_and_believe_no_answer_that_does_not(
        string result, ClearingOutcome inquired, ClearingOutcome reversed)
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_refund, result));
        await using ScriptedServer forgetful = Answering(Payments.AnswerTo(_refund with { Original = default }, result));
        await using HttpClearingAdapter adapter = AdapterTo(server);
        await using HttpClearingAdapter other = AdapterTo(forgetful);

        Assert.Equal(inquired, (await adapter.InquireAsync(_refund)).Outcome);
        Assert.Equal(reversed, (await adapter.ReverseAsync(_refund)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, (await other.InquireAsync(_refund)).Outcome);
        Assert.Equal(ClearingOutcome.Unknown, (await other.ReverseAsync(_refund)).Outcome);

        Assert.Equal(["/v1/inquire", "/v1/reverse"], server.Requests.Select(request => request.Head.Split(' ')[1]));
        Assert.All(server.Requests, request => Assert.Equal(
            $$"""{"reference":"{{_refund.TradeNo}}","original_reference":"{{_refund.Original}}","amount_minor":"1200","currency":"CNY"}""", request.Body));
    }

    private ClearingOutcome OutcomeOf(ReadOnlySpan<byte> answer, ClearingVerb verb)
    {
        ClearingAnswer.Read(answer, verb, _refund, out ClearingResult result);
        return result.Outcome;
    }

    private static ScriptedServer Answering(string body) => new((_, stream) => stream.WriteAsync(ScriptedServer.Http(body)).AsTask());

    private static HttpClearingAdapter AdapterTo(ScriptedServer server) =>
        new(new HttpClearingOptions { BaseAddress = server.BaseAddress }, TimeProvider.System);
}
