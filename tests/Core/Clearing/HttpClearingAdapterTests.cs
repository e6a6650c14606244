using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Clearing;

/// <summary>The adapter against a server on a raw socket: what it sends, and what it makes of answers.</summary>
public sealed class HttpClearingAdapterTests
{
    private readonly ClearingReference _reference = Payments.NewReference();

    [Fact]
    public async Task A_payment_is_sent_whole_with_its_trade_no_as_key_and_its_success_is_believed()
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_reference, "SUCCESS", ",\"channel_trade_no\":\"C-1\",\"more\":{\"x\":[1]}"));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        ClearingResult result = await adapter.SendOnceAsync(_reference);

        Assert.Equal(ClearingOutcome.Succeeded, result.Outcome);
        Assert.Equal("C-1", result.ChannelTradeNo.ToString());
        ReceivedRequest request = Assert.Single(server.Requests);
        Assert.StartsWith("POST /v1/pay HTTP/1.1", request.Head, StringComparison.Ordinal);
        Assert.Contains($"\r\nIdempotency-Key: {_reference.TradeNo}", request.Head, StringComparison.Ordinal);
        JsonElement body = JsonDocument.Parse(request.Body).RootElement;
        Assert.Equal(
            ["reference", "amount_minor", "currency", "inst_id", "trade_type", "qr_type", "qr_content", "body", "terminal_type"],
            body.EnumerateObject().Select(member => member.Name));
        Assert.Equal(_reference.TradeNo.ToString(), body.GetProperty("reference").GetString());
        Assert.Equal("8880", body.GetProperty("amount_minor").GetString());
        Assert.Equal("000201\"\\26", body.GetProperty("qr_content").GetString());
        Assert.Equal("绿茶", body.GetProperty("body").GetString());
    }

    /// <summary>The handshake is the dialer's, and the HTTP library makes none inside it.</summary>
    [Fact]
    public async Task Over_TLS_with_the_right_authority_a_payment_goes_through_and_with_another_nothing_is_sent()
    {
        using X509Certificate2 certificate = LocalCertificate.Make();
        using X509Certificate2 stranger = LocalCertificate.Make();
        await using var server = new ScriptedServer(
            (_, stream) => stream.WriteAsync(ScriptedServer.Http(Payments.AnswerTo(_reference, "SUCCESS"))).AsTask(), wrap: LocalCertificate.Server(certificate));
        var options = new HttpClearingOptions { BaseAddress = new Uri($"https://localhost:{server.BaseAddress.Port}") };
        Func<CancellationToken, ValueTask<Dialed>> To(X509Certificate2? authority) =>
            new ChannelDialer("localhost", server.BaseAddress.Port, isTls: true, authority, options.ConnectTimeout, TimeProvider.System).DialAsync;

        await using var adapter = new HttpClearingAdapter(options, TimeProvider.System, To(certificate));
        Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(_reference)).Outcome);
        Assert.Equal(ClearingOutcome.Succeeded, (await adapter.SendOnceAsync(_reference)).Outcome);
        Assert.Equal((1, 2), (server.Connections, server.Requests.Count));

        await using var misled = new HttpClearingAdapter(options, TimeProvider.System, To(stranger));
        await using var strict = new HttpClearingAdapter(options, TimeProvider.System);
        Assert.Equal(ClearingOutcome.NotDelivered, (await misled.SendOnceAsync(_reference)).Outcome);
        Assert.Equal(ClearingOutcome.NotDelivered, (await strict.SendOnceAsync(_reference)).Outcome);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Payments_one_after_the_other_each_carry_their_own_key_length_and_body_and_no_other()
    {
        await using var server = new ScriptedServer((request, stream) =>
        {
            using JsonDocument body = JsonDocument.Parse(request.Body);
            string Of(string name) => body.RootElement.GetProperty(name).GetString()!;
            string answer = $$"""{"reference":"{{Of("reference")}}","amount_minor":"{{Of("amount_minor")}}","currency":"CNY","result":"SUCCESS"}""";
            return stream.WriteAsync(ScriptedServer.Http(answer)).AsTask();
        });
        await using HttpClearingAdapter adapter = AdapterTo(server);
        Channel channel = Payments.NewChannel(adapter);
        // Longer, shorter, longer: a length or a rest of the call before would show.
        int[] lengths = [10, 300, 1, 900, 20];

        foreach (int length in lengths)
        {
            Assert.True(channel.TryTakeCredit());
            byte[] qrContent = Enumerable.Repeat((byte)'q', length).ToArray();
            ClearingResult result = await channel.PayAsync(Payments.NewReference(), TimeSpan.FromSeconds(30), qrContent);
            Assert.Equal(ClearingOutcome.Succeeded, result.Outcome);
        }

        Assert.Equal(lengths, server.Requests.Select(request => JsonDocument.Parse(request.Body).RootElement.GetProperty("qr_content").GetString()!.Length));
        Assert.All(server.Requests, request =>
        {
            string key = Assert.Single(request.Head.Split("\r\n"), line => line.StartsWith("Idempotency-Key: ", StringComparison.Ordinal))["Idempotency-Key: ".Length..];
            Assert.Equal(key, JsonDocument.Parse(request.Body).RootElement.GetProperty("reference").GetString());
            Assert.Single(request.Head.Split("\r\n"), line => line == "Content-Type: application/json");
        });
        Assert.Equal(1, server.Connections);
    }

    [Theory]
    [InlineData("INSUFFICIENT_BALANCE", RespCode.InsufficientBalance)]
    [InlineData("LIMIT_EXCEEDED", RespCode.LimitExceeded)]
    [InlineData("ACCOUNT_ABNORMAL", RespCode.AccountAbnormal)]
    public async Task A_decline_is_told_with_its_reason(string declineCode, RespCode failCode)
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_reference, "FAILED", $",\"decline_code\":\"{declineCode}\""));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        ClearingResult result = await adapter.SendOnceAsync(_reference);

        Assert.Equal((ClearingOutcome.Failed, failCode), (result.Outcome, result.FailCode));
    }

    [Theory]
    [InlineData("8880", "8881")]
    [InlineData("\"8880\"", "8880")]
    [InlineData("\"8880\"", "\"08880\"")]
    [InlineData("CNY", "HKD")]
    [InlineData("\"CNY\"", "null")]
    [InlineData("\"currency\":\"CNY\",", "")]
    [InlineData("\"reference\":\"20", "\"reference\":\"21")]
    [InlineData("\"currency\":\"CNY\"", "\"currency\":\"CNY\",\"currency\":\"CNY\"")]
    [InlineData("\"result\":\"SUCCESS\"", "\"result\":\"FAILED\",\"r\\u0065sult\":\"SUCCESS\"")]
    [InlineData("SUCCESS", "success")]
    [InlineData("SUCCESS", "NOT_FOUND")]
    [InlineData("\"SUCCESS\"", "\"FAILED\"")]
    [InlineData("\"SUCCESS\"", "\"FAILED\",\"decline_code\":\"B002\"")]
    [InlineData("\"SUCCESS\"", "\"FAILED\",\"decline_code\":\"REFUND_EXCEEDED\"")]
    [InlineData("\"SUCCESS\"", "\"FAILED\",\"decline_code\":\"ORIGINAL_NOT_EXECUTED\"")]
    [InlineData("\"SUCCESS\"", "\"SUCCESS\",\"original_reference\":\"2026030112000000000700000001\"")]
    [InlineData("\"SUCCESS\"", "\"SUCCESS\",\"channel_trade_no\":\"a b\"")]
    [InlineData("\"SUCCESS\"}", "\"SUCCESS\"}{}")]
    [InlineData("\"SUCCESS\"}", "\"SUCCESS\"}x")]
    [InlineData("{", "[")]
    [InlineData("\"SUCCESS\"}", "\"SUCCESS\",\"deep\":[[[[[[[[[[1]]]]]]]]]]}")]
    public async Task An_answer_that_does_not_bind_to_the_payment_leaves_it_in_doubt(string was, string became)
    {
        string answer = Payments.AnswerTo(_reference, "SUCCESS");
        Assert.Contains(was, answer, StringComparison.Ordinal);
        await using ScriptedServer server = Answering(answer.Replace(was, became, StringComparison.Ordinal));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        Assert.Equal(ClearingOutcome.Unknown, (await adapter.SendOnceAsync(_reference)).Outcome);
    }

    [Fact]
    public void An_answer_cut_at_any_position_is_in_doubt()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Payments.AnswerTo(_reference, "SUCCESS", ",\"channel_trade_no\":\"C-1\""));

        Assert.Equal(ClearingOutcome.Succeeded, OutcomeOf(whole, ClearingVerb.Pay));
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Equal(ClearingOutcome.Unknown, OutcomeOf(whole.AsSpan(0, length), ClearingVerb.Pay));
        }
    }

    [Theory]
    [InlineData("SUCCESS", ClearingOutcome.Succeeded, ClearingOutcome.Succeeded)]
    [InlineData("PENDING", ClearingOutcome.Processing, ClearingOutcome.Unknown)]
    [InlineData("NOT_FOUND", ClearingOutcome.NotFound, ClearingOutcome.Unknown)]
    [InlineData("REVERSED", ClearingOutcome.Reversed, ClearingOutcome.Reversed)]
    public async Task Inquiry_and_reversal_take_the_results_that_answer_them(string result, ClearingOutcome inquired, ClearingOutcome reversed)
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_reference, result));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        Assert.Equal(inquired, (await adapter.InquireAsync(_reference)).Outcome);
        Assert.Equal(reversed, (await adapter.ReverseAsync(_reference)).Outcome);

        Assert.Equal(["POST /v1/inquire HTTP/1.1", "POST /v1/reverse HTTP/1.1"], server.Requests.Select(request => request.Head.Split("\r\n")[0]));
        Assert.All(server.Requests, request =>
            Assert.Equal($$"""{"reference":"{{_reference.TradeNo}}","amount_minor":"8880","currency":"CNY"}""", request.Body));
    }

    [Fact]
    public async Task Calls_one_after_the_other_share_a_connection()
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_reference, "PENDING"));
        await using HttpClearingAdapter adapter = AdapterTo(server);

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(ClearingOutcome.Processing, (await adapter.InquireAsync(_reference)).Outcome);
        }

        Assert.Equal(1, server.Connections);
    }

    /// <summary>A cancel at a till, the inquiries that end what hangs, and the breaker's probe do not stand behind it.</summary>
    [Fact]
    public async Task Inquiries_reversals_and_probes_go_out_while_all_connections_for_payments_hang()
    {
        await using var server = new ScriptedServer((request, stream) =>
        {
            using JsonDocument body = JsonDocument.Parse(request.Body);
            string Of(string name) => body.RootElement.GetProperty(name).GetString()!;
            string result = request.Head.StartsWith("POST /v1/inquire", StringComparison.Ordinal) ? "NOT_FOUND" : "REVERSED";
            string answer = $$"""{"reference":"{{Of("reference")}}","amount_minor":"{{Of("amount_minor")}}","currency":"{{Of("currency")}}","result":"{{result}}"}""";
            return request.Head.StartsWith("POST /v1/pay", StringComparison.Ordinal) ? Task.CompletedTask : stream.WriteAsync(ScriptedServer.Http(answer)).AsTask();
        });
        await using IClearingAdapter adapter = new HttpClearingAdapter(new HttpClearingOptions { BaseAddress = server.BaseAddress, MaxConnections = 2 }, TimeProvider.System);
        Channel channel = Payments.NewChannel(adapter);
        for (int i = 0; i < 4; i++)
        {
            Assert.True(channel.TryTakeCredit());
            _ = channel.PayAsync(Payments.NewReference(), TimeSpan.FromSeconds(30)).AsTask();
        }
        while (server.Requests.Count < 2)
        {
            await Task.Yield();
        }

        Assert.Equal(ClearingOutcome.NotFound, (await adapter.InquireAsync(_reference)).Outcome);
        Assert.Equal(ClearingOutcome.Reversed, (await adapter.ReverseAsync(_reference)).Outcome);
        Assert.True(await adapter.EchoAsync());

        // Two of the four payments have no connection yet; whatever else was asked shared one.
        Assert.Equal((2, 3), (server.Requests.Count(request => request.Head.StartsWith("POST /v1/pay", StringComparison.Ordinal)), server.Connections));
    }

    [Fact]
    public async Task Ill_formed_text_does_not_keep_a_claimed_payment_from_being_sent()
    {
        await using ScriptedServer server = Answering(Payments.AnswerTo(_reference, "SUCCESS"));
        await using HttpClearingAdapter adapter = AdapterTo(server);
        Channel channel = Payments.NewChannel(adapter);
        Assert.True(channel.TryTakeCredit());

        ClearingResult result = await channel.PayAsync(_reference, TimeSpan.FromSeconds(30), qrContent: [(byte)'a', 0xC3, 0x28, 0xFF, 0]);

        Assert.Equal(ClearingOutcome.Succeeded, result.Outcome);
        Assert.StartsWith("a", JsonDocument.Parse(Assert.Single(server.Requests).Body).RootElement.GetProperty("qr_content").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(61_000)]
    public void A_deadline_out_of_range_is_refused_by_name(int milliseconds)
    {
        var options = new HttpClearingOptions { BaseAddress = new Uri("http://127.0.0.1:1"), Deadline = TimeSpan.FromMilliseconds(milliseconds) };

        ArgumentException refusal = Assert.ThrowsAny<ArgumentException>(() => new HttpClearingAdapter(options, TimeProvider.System));

        Assert.Contains("Deadline", refusal.Message, StringComparison.Ordinal);
    }

    private ClearingOutcome OutcomeOf(ReadOnlySpan<byte> answer, ClearingVerb verb)
    {
        ClearingAnswer.Read(answer, verb, _reference, out ClearingResult result);
        return result.Outcome;
    }

    private static ScriptedServer Answering(string body) => new((_, stream) => stream.WriteAsync(ScriptedServer.Http(body)).AsTask());

    private static HttpClearingAdapter AdapterTo(ScriptedServer server) =>
        new(new HttpClearingOptions { BaseAddress = server.BaseAddress }, TimeProvider.System);
}
