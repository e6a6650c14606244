using HotPath.Faults.Checking;
using HotPath.Faults.Processes;
using HotPath.Host.Client;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Faults.Tests.Day;

/// <summary>
/// A day of two institutions, real processes and all: they pay by code and by face in three currencies, some fail, some pend, some are cancelled,
/// refunded in parts; the gateway is killed twice; the next day everybody's books are laid side by side.
/// </summary>
public sealed class OneDayTests(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly (string Currency, string Amount)[] Prices = [("CNY", "88.80"), ("JPY", "1500"), ("KWD", "12.345")];
    private static readonly string[] Both = [Town.Domestic, Town.Overseas];

    private readonly CodeBook _codes = new();
    private readonly List<Call> _orders = [];
    private readonly List<Call> _refunds = [];
    private readonly List<Call> _unanswered = [];
    private Town _town = null!;

    public async Task InitializeAsync() => _town = await Town.FoundAsync();

    public async Task DisposeAsync() => await _town.DisposeAsync();

    [DayFact]
    public async Task EverybodysBooks_AgreeToTheMinorUnit_AndEveryCodeWasToldOnce()
    {
        await _town.StartGatewayAsync();
        await PayAsync();
        await _town.Mailboxes.CloseDomesticAsync();
        await FailAndPendAsync();
        await RefuseFormsAsync();
        await CancelAsync();
        await KillAtWorkAsync();

        await _town.StartGatewayAsync();
        await RepeatUnansweredAsync();
        await _town.Mailboxes.OpenDomesticAsync();
        await RefundAsync();
        await RefuseBusinessAsync();
        await _town.Mailboxes.CloseDomesticAsync();
        await RefuseForWantOfRoomAsync();
        await KillAtWorkAsync();

        await _town.StartGatewayAsync();
        await RepeatUnansweredAsync();
        await EndAllAsync();
        await _town.KillGatewayAsync();

        string day = _town.Today;
        _town.TurnTo(days: 2, hour: 11);
        await _town.Mailboxes.OpenDomesticAsync();
        _town.Mailboxes.IsCalm = true;
        await _town.StartGatewayAsync();
        await LookAgainAsync();
        await EverybodyIsToldAsync();
        foreach (string inst in Both)
        {
            await ReconcileAsync(inst, day, "01", _orders, "trade_no", "total_amount");
            await ReconcileAsync(inst, day, "02", _refunds, "refund_id", "refund_amount");
            AddUpNotifications(inst);
            await ListAsync(inst, day);
        }
        await _town.KillGatewayAsync();

        _town.TurnTo(days: 1 + 181, hour: 0);
        await _town.StartGatewayAsync();
        Call paid = _orders.First(order => order.TradeStatus == "SUCCESS" && order.InstId == Town.Domestic);
        _codes.Expect("B010", "a refund on day 181", await RefundAsync(paid, "0.01"));
        await _town.KillGatewayAsync();

        Assert.Empty(Checker.Check(_town.Evidence()));
        output.WriteLine(_codes.Text);
        Assert.Empty(_codes.Missing);
    }

    private async Task PayAsync()
    {
        foreach (string inst in Both)
        {
            foreach ((string currency, string amount) in Prices)
            {
                for (int i = 0; i < 3; i++)
                {
                    _orders.Add(_codes.Expect("0000", "a payment by code", await _town.CallAsync(inst, Pay(inst, currency, amount))));
                    SignedMessage face = Requests.FacePay(inst, amount, currency, $"cipher-{i}", _town.Clock);
                    _orders.Add(_codes.Expect("0000", "a payment by face", await _town.CallAsync(inst, face)));
                }
            }
        }
    }

    private async Task FailAndPendAsync()
    {
        foreach (string inst in Both)
        {
            foreach ((string amount, string code, string step) in new[]
            {
                ("1.02", "B002", "a payment of somebody who has too little"), ("1.03", "B003", "a payment over the payer's limit"),
                ("1.04", "B004", "a payment from a closed account"), ("1.11", "B001", "a payment to a clearing house that cannot be reached"),
                ("1.05", "0001", "a payment that takes its time"), ("1.06", "0001", "a payment that is declined late"),
                ("1.08", "0001", "a payment whose clearing house breaks down"), ("1.09", "0001", "a payment without an answer, executed"),
                ("1.10", "0001", "a payment without an answer, lost"),
            })
            {
                _orders.Add(_codes.Expect(code, step, await _town.CallAsync(inst, Pay(inst, "CNY", amount))));
            }
        }
    }

    private async Task RefuseFormsAsync()
    {
        const string inst = Town.Domestic;
        _codes.Expect("C001", "a payment without terminal_id", await _town.CallAsync(inst, Changed(Pay(inst), "terminal_id", null)));
        _codes.Expect("C002", "an amount with too many digits", await _town.CallAsync(inst, Changed(Pay(inst), "total_amount", "1.234")));
        _codes.Expect("C003", "a currency nobody clears", await _town.CallAsync(inst, Changed(Pay(inst), "currency", "ZZZ")));
        _codes.Expect("C003", "over the route's limit is B003, not enabled is C003", await _town.CallAsync(inst, Pay(inst, "USD", "1.00")));
        _codes.Expect("B003", "a payment over every route's limit", await _town.CallAsync(inst, Pay(inst, "CNY", "100000.01")));

        SignedMessage forged = Pay(inst);
        forged.SignWith(_town.Parties[Town.Overseas].Key);
        _codes.Expect("D001", "signed by somebody else", await _town.SendAsync(inst, forged));
        _codes.Expect("D002", "a request of an hour ago", await _town.CallAsync(inst, Changed(
            Pay(inst), "req_time", _town.Clock.GetUtcNow().AddHours(7).ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture))));
        _codes.Expect("D003", "a query of who may only pay", await _town.CallAsync(Town.Small, Requests.TradeQuery(Town.Small, _town.Clock)));

        SignedMessage order = Pay(inst);
        Call paid = _codes.Expect("0000", "a payment by code", await _town.CallAsync(inst, order));
        _orders.Add(paid);
        _codes.Expect("C004", "its req_id with another amount", await _town.CallAsync(inst, Changed(order, "total_amount", "1.00")));
        SignedMessage again = Pay(inst);
        again["out_trade_no"] = order["out_trade_no"];
        _codes.Expect("B005", "its order number again", await _town.CallAsync(inst, again));
    }

    private async Task RefundAsync()
    {
        foreach (string inst in Both)
        {
            foreach ((string currency, string part) in new[] { ("CNY", "0.80"), ("JPY", "500"), ("KWD", "2.345") })
            {
                Call[] paid = [.. _orders.Where(order => order.InstId == inst && order.Told("currency") == currency && order.TradeStatus == "SUCCESS")];
                _refunds.Add(_codes.Expect("0000", "a refund in parts", await RefundAsync(paid[0], part)));
                _refunds.Add(_codes.Expect("0000", "a refund in parts", await RefundAsync(paid[0], part)));
                _refunds.Add(_codes.Expect("0000", "a refund of all", await RefundAsync(paid[1], paid[1].Told("total_amount"), "01")));
            }
        }
        Call some = Paid("CNY", 2);
        _refunds.Add(_codes.Expect("B002", "a refund from an empty account", await RefundAsync(some, "0.02")));
        _refunds.Add(_codes.Expect("0001", "a refund that takes its time", await RefundAsync(some, "0.05")));
    }

    private async Task RefuseBusinessAsync()
    {
        Call paid = Paid("CNY", 0);
        _codes.Expect("B006", "a refund of another institution's payment", await _town.CallAsync(
            Town.Overseas, Requests.Refund(Town.Overseas, paid.TradeNo, paid.OrderNo, "0.01", _town.Clock)));
        _codes.Expect("B008", "a refund of more than was paid", await RefundAsync(paid, "88.81"));
        _codes.Expect("B011", "a refund of what failed", await RefundAsync(_orders.First(order => order.Code == "B002"), "0.01"));

        Call often = Paid("JPY", 2);
        for (int i = 0; i < 50; i++)
        {
            _refunds.Add(_codes.Expect("0000", "a refund in parts", await RefundAsync(often, "1")));
        }
        _codes.Expect("B009", "the 51st refund", await RefundAsync(often, "1"));
    }

    private async Task RefuseForWantOfRoomAsync()
    {
        const string inst = Town.Domestic;
        _codes.Expect("A002", "a payment whose only route is closed", await _town.CallAsync(inst, Pay(inst, "THB", "1.00")));
        // Its clearing house never answers: the one call that this house takes at a time is under way until its deadline.
        Task<Call> first = _town.CallAsync(inst, Pay(inst, "SGD", "1.09"));
        Call busy = await UntilAsync("A001", () => _town.CallOnceAsync(inst, Pay(inst, "SGD", "1.00")));
        _codes.Expect("A001", "a payment to a clearing house that is busy", busy);
        _orders.Add(await first);

        Call away = _codes.Expect("0000", "a payment by code", await _town.CallAsync(inst, Pay(inst, "KRW", "1000")));
        _orders.Add(away);
        await _town.CloseHouseAsync("away");
        _refunds.Add(_codes.Expect("A003", "a refund at a clearing house that is gone", await RefundAsync(away, "100")));

        // Ten at once: one after the other they may come slowly enough, on a machine that is busy.
        Call often = await UntilAsync("D004", async () =>
        {
            Call[] calls = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _town.CallAsync(Town.Small, Pay(Town.Small))));
            _orders.AddRange(calls.Where(call => call.Code != "D004"));
            return calls.MaxBy(call => call.Code == "D004")!;
        });
        _codes.Expect("D004", "payments above an institution's ceiling", often);
    }

    private async Task CancelAsync()
    {
        foreach (string inst in Both)
        {
            // Executed, and nobody was told: the clearing house takes it back, unless the gateway has asked before.
            Call cancelled = await UntilAsync("0000", async () =>
            {
                Call silent = _codes.Expect("0001", "a payment without an answer, executed", await _town.CallAsync(inst, Pay(inst, "KWD", "7.009")));
                _orders.Add(silent);
                return await _town.SignAndSendAsync(inst, Cancel(inst, silent.OrderNo));
            });
            _codes.Expect("0000", "a cancel of what pends", cancelled);
            Assert.Equal("CANCELLED", cancelled.TradeStatus);
        }
        _codes.Expect("B007", "a cancel of what succeeded", await _town.SignAndSendAsync(Town.Domestic, Cancel(Town.Domestic, Paid("CNY", 0).OrderNo)));
        _codes.Expect("B012", "today's reconciliation file", await _town.SignAndSendAsync(
            Town.Domestic, Requests.ReconDownload(Town.Domestic, _town.Today, "01", _town.Clock)));
    }

    /// <summary>The day's file holds what the institution was told is SUCCESS, row by row and in sum.</summary>
    private async Task ReconcileAsync(string inst, string day, string type, IEnumerable<Call> told, string number, string amount)
    {
        Call file = await UntilAsync("0000", async () =>
        {
            await Task.Delay(200);
            return await _town.SignAndSendAsync(inst, Requests.ReconDownload(inst, day, type, _town.Clock));
        });
        _codes.Expect("0000", "yesterday's reconciliation file", file);
        byte[] bytes = await _town.GetAsync(new Uri(file.Told("download_url")));
        Assert.Equal(file.Told("hash_value"), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
        string[] lines = System.Text.Encoding.UTF8.GetString(bytes).TrimEnd('\n').Split('\n');
        string[] columns = lines[0].Split(',');
        // No value of this day has a comma or a quote in it.
        IEnumerable<string> rows = lines[1..^1].Select(line => line.Split(',')).Select(row =>
            $"{row[Array.IndexOf(columns, number)]} {row[Array.IndexOf(columns, amount)]} {row[Array.IndexOf(columns, "currency")]}");
        Call[] succeeded = [.. told.Where(call => call.InstId == inst && call.TradeStatus == "SUCCESS")];
        Assert.Equal(succeeded.Select(call => $"{call.Told(number)} {call.Told(amount)} {call.Told("currency")}").Order(), rows);
        string sums = string.Join(';', succeeded.GroupBy(call => call.Told("currency")).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
            $"{group.Key}={group.Sum(call => decimal.Parse(call.Told(amount), System.Globalization.CultureInfo.InvariantCulture)).ToString(System.Globalization.CultureInfo.InvariantCulture)}"));
        Assert.Equal($"<END>,{succeeded.Length},{sums}", lines[^1]);
        Assert.NotEmpty(succeeded);
    }

    /// <summary>Nothing waits to be told any more, and nothing was given up.</summary>
    private async Task EverybodyIsToldAsync()
    {
        using var http = new HttpClient();
        string waiting = "";
        for (int i = 0; i < 900; i++)
        {
            waiting = await http.GetStringAsync(new Uri(_town.Admin, "/notifications"));
            if (waiting.Length == 0)
            {
                return;
            }
            await Task.Delay(200);
        }
        Assert.Fail("still to be told: " + waiting);
    }

    /// <summary>What an institution was told is what it was answered when it asked: every number, each state, and the sums by currency.</summary>
    private void AddUpNotifications(string inst)
    {
        Telling[] told = [.. _town.Mailboxes.Read(0).Where(telling => telling.InstId == inst && telling.IsAcknowledged).DistinctBy(telling => telling.NotifyId)];
        Assert.Equal(
            Sums(_orders.Where(order => order.InstId == inst).Select(order => (order.TradeStatus, order.Told("total_amount"), order.Told("currency")))),
            Sums(told.Where(one => one.NotifyId[0] == 'T').Select(one => (one.Member("trade_status"), one.Member("total_amount"), one.Member("currency")))));
        Assert.Equal(
            Sums(_refunds.Where(refund => refund.InstId == inst && refund.SaysFinal).Select(refund => (refund.TradeStatus, refund.Told("refund_amount"), refund.Told("currency")))),
            Sums(told.Where(one => one.NotifyId[0] == 'R').Select(one => (one.Member("refund_status"), one.Member("refund_amount"), one.Member("currency")))));
    }

    private static IEnumerable<string> Sums(IEnumerable<(string Status, string Amount, string Currency)> rows) =>
        rows.GroupBy(row => (row.Status, row.Currency)).Select(group =>
            $"{group.Key.Status} {group.Key.Currency} {group.Count()}: {group.Sum(row => Money.Minor(row.Amount, row.Currency))}").Order(StringComparer.Ordinal);

    /// <summary>All pages of the day's window hold every order, in the state it ended in.</summary>
    private async Task ListAsync(string inst, string day)
    {
        var listed = new List<string>();
        string? snapshot = null;
        for (int page = 1; ; page++)
        {
            SignedMessage query = Requests.TradeBatchQuery(inst, page, 20, _town.Clock);
            (query["start_time"], query["end_time"], query["snapshot_no"]) = (day + "000000", day + "235959", snapshot);
            Call answer = _codes.Expect("0000", "a window of the day", await _town.SignAndSendAsync(inst, query));
            snapshot = answer.Told("snapshot_no");
            using var rows = System.Text.Json.JsonDocument.Parse(answer.Told("trade_list"));
            listed.AddRange(rows.RootElement.EnumerateArray().Select(row =>
                $"{row.GetProperty("trade_no").GetString()} {row.GetProperty("trade_status").GetString()} {row.GetProperty("total_amount").GetString()}"));
            if (answer.Told("has_more") == "false")
            {
                break;
            }
        }
        Assert.Equal(
            _orders.Where(order => order.InstId == inst).Select(order => $"{order.TradeNo} {order.TradeStatus} {order.Told("total_amount")}").Order(), listed);
    }

    /// <summary>kill -9 while payments are under way.</summary>
    private async Task KillAtWorkAsync()
    {
        Task<Call>[] calls = [.. Enumerable.Range(0, 40).Select(i => _town.CallAsync(Both[i % 2], Pay(Both[i % 2], "JPY", $"{2000 + i}")))];
        // Some are answered, some are cut off.
        await Task.WhenAny(calls[20], Task.Delay(TimeSpan.FromSeconds(5)));
        await _town.KillGatewayAsync();
        foreach (Call call in await Task.WhenAll(calls))
        {
            (call.Status == 0 ? _unanswered : _orders).Add(call);
        }
    }

    private async Task RepeatUnansweredAsync()
    {
        foreach (Call lost in _unanswered)
        {
            _orders.Add(await _town.CallAsync(lost.InstId, new SignedMessage(lost.Request)));
        }
        _unanswered.Clear();
    }

    /// <summary>Every trade and refund is asked for until it is final.</summary>
    private async Task EndAllAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        for (int i = 0; i < _orders.Count; i++)
        {
            while (!_orders[i].SaysFinal)
            {
                Assert.False(limit.IsCancellationRequested, $"order {_orders[i].OrderNo} of {_orders[i].Request.GetValueOrDefault("total_amount")} does not end");
                await Task.Delay(200);
                Call asked = await QueryAsync(_orders[i]);
                _orders[i] = asked.SaysFinal ? asked : _orders[i];
            }
        }
        for (int i = 0; i < _refunds.Count; i++)
        {
            while (!_refunds[i].SaysFinal && _refunds[i].Code != "A003")
            {
                Assert.False(limit.IsCancellationRequested, $"refund {_refunds[i].RefundId} does not end");
                await Task.Delay(200);
                Call asked = await QueryRefundAsync(_refunds[i]);
                _refunds[i] = asked.SaysFinal ? asked : _refunds[i];
            }
        }
    }

    /// <summary>The day after: every number is asked for once more.</summary>
    private async Task LookAgainAsync()
    {
        foreach (Call order in _orders)
        {
            if (order.InstId != Town.Small)
            {
                Call again = _codes.Expect("0000", "a query", await QueryAsync(order));
                Assert.Equal((order.TradeNo, order.TradeStatus, order.Told("total_amount")), (again.TradeNo, again.TradeStatus, again.Told("total_amount")));
            }
        }
    }

    private Call Paid(string currency, int index) =>
        _orders.Where(order => order.InstId == Town.Domestic && order.Told("currency") == currency && order.TradeStatus == "SUCCESS").ElementAt(index);

    private SignedMessage Pay(string inst, string currency = "CNY", string amount = "88.80") => Requests.ScanPay(inst, amount, currency, _town.Clock);

    private SignedMessage Cancel(string inst, string orderNo) => new(Requests.TradeCancel(inst, _town.Clock).Members) { ["out_trade_no"] = orderNo };

    private Task<Call> RefundAsync(Call paid, string amount, string type = "02")
    {
        SignedMessage refund = Requests.Refund(paid.InstId, paid.TradeNo, paid.OrderNo, amount, _town.Clock);
        refund["refund_type"] = type;
        return _town.CallAsync(paid.InstId, refund);
    }

    private Task<Call> QueryAsync(Call order)
    {
        SignedMessage query = Requests.TradeQuery(order.InstId, _town.Clock);
        query["out_trade_no"] = order.OrderNo;
        return _town.CallAsync(order.InstId, query);
    }

    private Task<Call> QueryRefundAsync(Call refund)
    {
        SignedMessage query = Requests.RefundQuery(refund.InstId, _town.Clock);
        query["refund_no"] = refund.Request["refund_no"];
        return _town.CallAsync(refund.InstId, query);
    }

    private static SignedMessage Changed(SignedMessage message, string member, string? value) => new(message.Members) { [member] = value };

    /// <summary>Asks until it is told this code, or has asked 300 times; the last answer.</summary>
    private static async Task<Call> UntilAsync(string code, Func<Task<Call>> ask)
    {
        for (int attempt = 0; ; attempt++)
        {
            Call call = await ask();
            if (call.Code == code || attempt == 300)
            {
                return call;
            }
        }
    }
}

/// <summary>A test that turns the clock of a process.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DayFactAttribute : FactAttribute
{
    public DayFactAttribute() => Skip = Tool.Missing([Tool.FakeTime]);
}
