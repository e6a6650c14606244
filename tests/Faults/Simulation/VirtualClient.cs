using System.Globalization;
using HotPath.Faults.Checking;

namespace HotPath.Faults.Simulation;

/// <summary>
/// The systems of the institutions: they pay, wait, ask, and repeat, some of them wrongly. Whatever they are told is evidence.
/// </summary>
internal sealed class VirtualClient(Run run, Chance chance)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly VirtualVerifyingKey _gatewayKey = new(VirtualGateway.GatewaySecret);
    private readonly List<(string InstId, string RefundNo)> _refunds = [];
    private int _numbers;

    internal static string InstIdOf(int number) => $"INST{number}";

    /// <summary>Every refund that was asked for.</summary>
    internal IReadOnlyList<(string InstId, string RefundNo)> Refunds => _refunds;

    /// <summary>Asks for a refund.</summary>
    internal Task<Call> QueryRefundAsync(string instId, string refundNo) => SendAsync(new(Common("REFUND_QUERY", instId)) { ["refund_no"] = refundNo });

    /// <summary>Brings one order to its end, or gives up, as tills do.</summary>
    internal async Task PayAsync(Order order)
    {
        Dictionary<string, string> request = Payment(order);
        Task cancelling = chance.Happens(run.Plan.CancelRate) ? CancelAsync(order) : Task.CompletedTask;
        string paidTradeNo = "";
        for (int attempt = 0; attempt < 6; attempt++)
        {
            Call call = await SendAsync(attempt == 0 ? request : Repetition(request));
            paidTradeNo = call.TradeStatus == "SUCCESS" ? call.TradeNo : paidTradeNo;
            if (call.SaysFinal)
            {
                break;
            }
            if (Happens(0.3))
            {
                await Task.WhenAll(SendAsync(Repetition(request)), SendAsync(Repetition(request)));
            }
            if (call.Code is "0001" or "B005" && chance.Happens(0.7))
            {
                await PauseAsync(3_000);
                Call asked = await QueryAsync(order, call);
                paidTradeNo = asked.TradeStatus == "SUCCESS" ? asked.TradeNo : paidTradeNo;
                if (asked.SaysFinal)
                {
                    break;
                }
            }
            await PauseAsync(call.Code == "0001" ? 5_000 : 800);
        }
        await cancelling;
        await MisbehaveAsync(order, request);
        if (paidTradeNo.Length > 0 && chance.Happens(run.Plan.RefundRate))
        {
            await RefundAsync(order, paidTradeNo);
        }
    }

    /// <summary>Somebody has second thoughts: at once, or when no answer comes; once, or from several places; until there is an end.</summary>
    private async Task CancelAsync(Order order)
    {
        await run.Loop.World.Delay(chance.Lognormal(TimeSpan.FromMilliseconds(chance.Pick(5, 100, 3_000)), 1));
        await Task.WhenAll(Enumerable.Range(0, chance.Happens(0.3) ? 3 : 1).Select(_ => CancelOnceAsync(order)));
    }

    private async Task CancelOnceAsync(Order order)
    {
        Dictionary<string, string> request = Common("TRADE_CANCEL", order.InstId);
        request["out_trade_no"] = order.OrderNo;
        for (int attempt = 0; attempt < 6; attempt++)
        {
            Call call = await SendAsync(attempt == 0 ? request : Repetition(request));
            if (call.SaysFinal || call.Code == "C004")
            {
                break;
            }
            await PauseAsync(call.Code == "0001" ? 5_000 : 800);
        }
        if (Happens(0.5))
        {
            await SendAsync(Repetition(request));
        }
        if (Happens(0.2))
        {
            // The req_id again, for another order.
            await SendAsync(new Dictionary<string, string>(Repetition(request)) { ["out_trade_no"] = $"T{chance.Between(1, run.Plan.Payments)}" });
        }
    }

    /// <summary>Asks for an order until there is an answer that says something.</summary>
    internal async Task<Call> QueryAsync(Order order, Call? known = null)
    {
        Dictionary<string, string> request = Common("TRADE_QUERY", order.InstId);
        request["out_trade_no"] = order.OrderNo;
        if (known?.TradeNo.Length > 0 && known.Code != "B005" && chance.Happens(0.5))
        {
            request["trade_no"] = known.TradeNo;
        }
        return await SendAsync(request);
    }

    private bool Happens(double factor) => run.Plan.Has(FaultKinds.Retries) && chance.Happens(run.Plan.RepeatRate * factor);

    private Task PauseAsync(int meanMs) => run.Loop.World.Delay(chance.Lognormal(TimeSpan.FromMilliseconds(meanMs * 0.7), 0.8));

    // What careless systems do once they have, or have not, been told an end.
    private async Task MisbehaveAsync(Order order, Dictionary<string, string> request)
    {
        if (Happens(0.5))
        {
            await PauseAsync(2_000);
            await SendAsync(Repetition(request));
        }
        if (Happens(0.2))
        {
            // The req_id again, for something else.
            await SendAsync(new Dictionary<string, string>(Repetition(request)) { ["total_amount"] = order.Currency == "JPY" ? "7" : "7.77" });
        }
        if (Happens(0.2))
        {
            // The order again, as a new request.
            await SendAsync(Payment(order));
        }
        if (Happens(0.3))
        {
            await QueryAsync(order);
        }
    }

    // Several at once, now and then for more than there is, some of them twice.
    private async Task RefundAsync(Order order, string tradeNo)
    {
        Dictionary<string, string>[] refunds = [.. Enumerable.Range(1, chance.Between(1, 5)).Select(number => Refund(order, tradeNo, number))];
        await Task.WhenAll([.. refunds.Concat(refunds.Where(_ => chance.Happens(0.3)).ToArray()).Select(GiveBackAsync), WatchAsync(order)]);
        // Once more under a new req_id: that refund, or, if it failed, another attempt.
        await GiveBackAsync(new Dictionary<string, string>(refunds[0]) { ["req_id"] = $"R{++_numbers}", ["req_time"] = Time() });
        if (Happens(0.3))
        {
            await SendAsync(new Dictionary<string, string>(Repetition(refunds[0])) { ["refund_amount"] = order.Currency == "JPY" ? "7" : "7.77" });
        }
        await QueryAsync(order);
    }

    /// <summary>Brings one refund to its end, or gives up.</summary>
    private async Task GiveBackAsync(Dictionary<string, string> request)
    {
        for (int attempt = 0; attempt < 6; attempt++)
        {
            Call call = await SendAsync(attempt == 0 ? request : Repetition(request));
            if (call.SaysFinal || call.Code is "B008" or "C004")
            {
                return;
            }
            await PauseAsync(call.Code == "0001" ? 5_000 : 800);
            if (call.RefundId.Length > 0 && Happens(0.5))
            {
                (string name, string value) = chance.Happens(0.5) ? ("refund_id", call.RefundId) : ("refund_no", request["refund_no"]);
                await SendAsync(new Dictionary<string, string>(Common("REFUND_QUERY", request["inst_id"])) { [name] = value });
            }
        }
    }

    private Dictionary<string, string> Refund(Order order, string tradeNo, int number)
    {
        Dictionary<string, string> request = Common("REFUND", order.InstId);
        bool isFull = chance.Happens(0.2);
        long minorUnits = long.Parse(order.Amount.Replace(".", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        minorUnits = isFull ? minorUnits : Math.Max(1, minorUnits / chance.Between(1, 5));
        _refunds.Add((order.InstId, $"F-{order.OrderNo}-{number}"));
        request["orig_trade_no"] = tradeNo;
        request["out_trade_no"] = order.OrderNo;
        request["refund_no"] = $"F-{order.OrderNo}-{number}";
        request["refund_amount"] = order.Currency == "JPY" ? $"{minorUnits}" : $"{minorUnits / 100}.{minorUnits % 100:D2}";
        request["refund_type"] = isFull ? "01" : "02";
        return request;
    }

    private async Task WatchAsync(Order order)
    {
        for (int look = 0; look < 10; look++)
        {
            await run.Loop.World.Delay(chance.Lognormal(TimeSpan.FromMilliseconds(5), 1));
            await QueryAsync(order);
        }
    }

    private Dictionary<string, string> Payment(Order order)
    {
        Dictionary<string, string> request = Common(order.IsByFace ? "FACE_PAY" : "SCAN_PAY", order.InstId);
        request["out_trade_no"] = order.OrderNo;
        request["total_amount"] = order.Amount;
        request["currency"] = order.Currency;
        request["terminal_id"] = "T01";
        if (order.IsByFace)
        {
            request["trade_type"] = "FACEPAY";
            request["face_data"] = Ciphered();
            request["face_device_id"] = "F01";
            request["merchant_id"] = "M01";
            return request;
        }
        request["trade_type"] = "SCAN";
        request["qr_type"] = order.IsDynamic ? "01" : "02";
        request["qr_content"] = order.Code;
        request["body"] = "茶 & coffee";
        request["terminal_type"] = "01";
        return request;
    }

    // No two are alike, of the same face neither.
    private string Ciphered() => $"face {++_numbers}";

    /// <summary>The same request: as it was, or with what a repetition may change.</summary>
    private Dictionary<string, string> Repetition(Dictionary<string, string> request)
    {
        if (chance.Happens(0.5))
        {
            return request;
        }
        var again = new Dictionary<string, string>(request) { ["req_time"] = Time() };
        if (chance.Happens(0.5))
        {
            again["nonce"] = $"nonce-{++_numbers:D6}";
        }
        if (again.ContainsKey("face_data"))
        {
            again["face_data"] = Ciphered();
        }
        return again;
    }

    private Dictionary<string, string> Common(string bizType, string instId) => new()
    {
        ["version"] = "1.3",
        ["charset"] = "UTF-8",
        ["sign_type"] = "RSA2",
        ["biz_type"] = bizType,
        ["req_time"] = Time(),
        ["req_id"] = $"R{++_numbers}",
        ["inst_id"] = instId,
    };

    // Mostly both have the time from one source; sometimes the gateway's has stepped and theirs has not.
    private string Time() =>
        (run.Loop.World, chance.Happens(0.95) ? run.Gateway.Wall.At(run.Loop.Now) : WallClock.Begin + TimeSpan.FromTicks(run.Loop.Now)).Item2
        .ToOffset(TimeSpan.FromHours(8)).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    private async Task<Call> SendAsync(Dictionary<string, string> request)
    {
        long sentAt = run.Loop.NowMs;
        byte[] bytes = Envelope.Sign(request, new VirtualSigningKey("k1", request["inst_id"]));
        var ended = new TaskCompletionSource<(int Status, byte[] Body)>();
        Life world = run.Loop.World;
        world.After(Patience, () => ended.TrySetResult((0, [])));
        world.After(Network(), () => run.Gateway.Receive(bytes, (status, body) => Answered(status, body, ended)));
        (int status, byte[] body) = await ended.Task;
        (Dictionary<string, string>? answer, bool isVerified) = body.Length > 0 ? Envelope.Read(body, _gatewayKey) : (null, false);
        var call = new Call
        {
            SentAtMs = sentAt,
            EndedAtMs = run.Loop.NowMs,
            Request = request,
            Status = status,
            Body = body,
            Answer = answer,
            IsVerified = isVerified,
        };
        run.Told(call);
        return call;
    }

    // Runs as the gateway's event: this is the moment the answer leaves the house.
    private void Answered(int status, byte[] body, TaskCompletionSource<(int Status, byte[] Body)> ended)
    {
        if (body.Length > 0 && Envelope.Read(body, _gatewayKey).Members is { } answer)
        {
            run.BeforeAnswer(answer);
        }
        bool isLost = !run.Troubles.IsCalm && chance.Happens(0.01);
        if (!isLost)
        {
            run.Loop.World.After(Network(), () => ended.TrySetResult((status, body)));
        }
    }

    private TimeSpan Network() => chance.Lognormal(TimeSpan.FromMilliseconds(1), 0.8);
}
