using System.Buffers;
using System.Text;
using System.Text.Json;
using HotPath.Core.Admission;
using HotPath.Core.Auth;
using HotPath.Core.Clearing;
using HotPath.Core.Clearing.Adapters.Http;
using HotPath.Core.Ledger;
using HotPath.Core.Model;
using HotPath.Core.Operations;
using HotPath.Core.Telemetry;
using HotPath.Core.Tests.Clearing;
using HotPath.Core.Tests.Qr;
using HotPath.Core.Wire;
using HotPath.Signing;
using Xunit;

namespace HotPath.Core.Tests.Wire.Fuzz;

/// <summary>
/// Everything of the corridor that touches a request's bytes, one thread's own: reader, signing string, fingerprint, claim, what goes to the
/// channel, and the signed answer. Each step is held against <see cref="ProtocolOracle"/>.
/// </summary>
internal sealed class ReaderRig : IDisposable
{
    private static readonly SigningKey Rsa2 = PemKeys.ReadPrivate("gw-1", PemKeys.Generate().PrivatePem);
    private static readonly SigningKey Es256 = PemKeys.ReadPrivate("gw-2", PemKeys.Generate(SignType.Es256).PrivatePem);
    private static readonly GatewayMetrics Metrics = new("test");

    private static readonly Institution Known = new(
        "CN0001", Region.Domestic, Language.Chinese, [Currency.Parse("CNY")],
        new KeyRing([new RegisteredKey("k", PemKeys.ReadPublic(Es256.ExportPublicPem()))]), new Allowance(TimeProvider.System), Metrics.ForInstitution("CN0001"));

    private static readonly string[] Told = ["currency", "trade_type", "qr_content", "body", "terminal_type", "terminal_id"];
    private static readonly string[] ToldOfFaces = ["currency", "trade_type", "face_data", "face_device_id", "merchant_id", "terminal_id"];
    private static readonly string[] Echoed = ["req_id", "inst_id", "biz_type", "out_trade_no", "currency"];
    private static readonly string[] EchoedOfRefunds = ["req_id", "inst_id", "biz_type", "out_trade_no", "refund_no", "orig_trade_no"];
    private static readonly string[] EchoedInRefusals = ["req_id", "inst_id"];

    // Of a refunded trade, which the request does not say: without fraction digits, with two, with three.
    private static readonly string[] Currencies = ["JPY", "CNY", "KWD"];

    private readonly EncodedOrders _orders = new();
    private readonly OneTrade _ledger = new();
    private readonly AnswerSigner _signer;
    private readonly TradeBatchQuery _batchQuery;
    private readonly Channel _channel;
    private ulong _lastNumber = 1_789_000_000_000UL << TradeNo.CounterBits;

    internal ReaderRig()
    {
        _signer = new AnswerSigner(new GatewayKeys(Rsa2, Es256), _ledger, TimeProvider.System);
        _batchQuery = new TradeBatchQuery(_ledger, days: null);
        _channel = new Channel(new ChannelOptions { Id = "fuzz", MaxInFlight = 1 }, _orders, InlineScheduler.Instance, TimeProvider.System, Metrics);
    }

    public void Dispose() => _orders.Dispose();

    /// <summary>Serves both bodies from one slot.</summary>
    /// <returns>The codes they got, empty where accepted.</returns>
    internal (string First, string Second) Serve(Case both)
    {
        var slot = new RequestSlot();
        string first = Serve(slot, both.First);
        slot.Clear();
        return (first, Serve(slot, both.Second));
    }

    private string Serve(RequestSlot slot, Body body)
    {
        body.Bytes.CopyTo(slot.BodyBuffer);
        slot.SetBody(body.Bytes.Length);
        Verdict verdict = ProtocolOracle.JudgeCommon(body.Bytes);
        Rejection rejection = RequestReader.Read(slot);
        Assert.Equal(verdict.Code, Label(rejection));
        if (rejection.IsRefusal)
        {
            ExpectNamed(verdict.Code, verdict.Member, rejection, verdict.IsDocument);
            ExpectRefusal(slot, rejection, verdict);
            return verdict.Code;
        }

        ExpectMembers(slot, verdict.Members);
        if (body.Meant is { } meant)
        {
            Assert.Equal(meant.OrderBy(member => member.Name, StringComparer.Ordinal), verdict.Members.Select(member => (member.Key, member.Value)).OrderBy(member => member.Key, StringComparer.Ordinal));
        }
        RequestReader.WriteSigningText(slot);
        Assert.Equal(ProtocolOracle.SigningString(verdict.Members), Encoding.UTF8.GetString(slot.SigningText));
        Digest fingerprint = RequestReader.Fingerprint(slot);
        Assert.Equal(ProtocolOracle.Fingerprint(verdict.Members), fingerprint);

        (string code, string member) = ProtocolOracle.JudgeInterface(verdict.Members);
        rejection = RequestReader.CheckInterface(slot);
        Assert.Equal(code, Label(rejection));
        if (rejection.IsRefusal)
        {
            ExpectNamed(code, member, rejection, isDocument: true);
            ExpectRefusal(slot, rejection, verdict);
            return code;
        }
        if (BizTypes.IsPayment(slot.BizType))
        {
            Pay(slot, verdict.Members, fingerprint);
        }
        if (slot.BizType == BizType.Refund)
        {
            Refund(slot, verdict.Members, fingerprint);
        }
        if (slot.BizType == BizType.TradeBatchQuery && slot.Has(Member.TradeNoList))
        {
            Batch(slot, verdict.Members);
        }
        if (slot.BizType == BizType.TradeCancel)
        {
            Cancel(slot, verdict.Members, fingerprint);
        }
        return "";
    }

    private void Pay(RequestSlot slot, IReadOnlyDictionary<string, string> members, Digest fingerprint)
    {
        ScanPay.FillClaim(slot, Known, _channel, fingerprint, new TradeNo(1_789_000_000_000UL << TradeNo.CounterBits, 7), 1_789_000_000_000);
        Assert.True(_channel.TryTakeCredit());
        Assert.True(ScanPay.Send(slot, _channel, TimeSpan.FromSeconds(1)).AsTask().IsCompletedSuccessfully);

        // What the channel was told is what was signed.
        Dictionary<string, string> order = ProtocolOracle.ReadDocument(_orders.Last.WrittenSpan)!;
        bool isByFace = slot.BizType == BizType.FacePay;
        foreach (string name in isByFace ? ToldOfFaces : Told)
        {
            Assert.Equal(members[name], order[name]);
        }
        string qrType = isByFace ? "" : members["qr_type"];
        Assert.Equal(qrType switch { "01" => "DYNAMIC", "02" => "STATIC", _ => "" }, order.GetValueOrDefault("qr_type", ""));
        int digits = ProtocolOracle.Digits(members["currency"])!.Value;
        decimal amount = decimal.Parse(members["total_amount"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(amount * (decimal)Math.Pow(10, digits), decimal.Parse(order["amount_minor"], System.Globalization.CultureInfo.InvariantCulture));
        // A single-use code is known again by its decoded text, however it was spelled.
        string code = isByFace ? "" : members["qr_content"];
        Assert.Equal(qrType == "01" ? Digest.Of(Encoding.UTF8.GetBytes(EmvOracle.Canonical(code))) : default, slot.Trade.CodeDigest);

        // And what is echoed.
        _signer.Show(slot, RespCode.Processing, Known, TradeView.Payment);
        Dictionary<string, string> answer = ExpectAnswer(slot);
        Assert.Equal(EmvOracle.Merchant(code), (answer.GetValueOrDefault("merchant_name", ""), answer.GetValueOrDefault("merchant_city", "")));
        foreach (string name in Echoed)
        {
            Assert.Equal(members[name], answer[name]);
        }
        Assert.Equal(amount, decimal.Parse(answer["total_amount"], System.Globalization.CultureInfo.InvariantCulture));
    }

    private void Refund(RequestSlot slot, IReadOnlyDictionary<string, string> members, Digest fingerprint)
    {
        string currency = Currencies[members["refund_no"].Length % Currencies.Length];
        _ledger.Hold(Known.InstId, members["out_trade_no"], currency);
        bool isOurs = ProtocolOracle.IsOurNumber(members["orig_trade_no"]);
        Assert.Equal(isOurs, OwnTrade.FindAsync(_ledger, slot, Known, Member.OrigTradeNo).AsTask().GetAwaiter().GetResult());
        if (!isOurs)
        {
            return;
        }
        string code = ProtocolOracle.JudgeRefundAmount(members["refund_amount"], currency);
        Assert.Equal(code, Label(Rejection.Of(Refunding.TryReadAmount(slot))));
        if (code.Length > 0)
        {
            return;
        }
        var refundId = new TradeNo(++_lastNumber, 7);
        Refunding.FillReservation(slot, fingerprint, refundId, 1_789_000_000_000);
        Assert.Equal(members["refund_type"] == "01" ? RefundType.Full : RefundType.Partial, slot.Refund.RefundType);
        Assert.Equal(fingerprint, slot.Refund.Fingerprint);
        Assert.True(_channel.TryTakeCredit());
        Assert.True(Refunding.Send(slot, _channel, TimeSpan.FromSeconds(1)).AsTask().IsCompletedSuccessfully);

        // What the channel was told is what was signed.
        Dictionary<string, string> order = ProtocolOracle.ReadDocument(_orders.Last.WrittenSpan)!;
        Assert.Equal(refundId.ToString(), order["reference"]);
        Assert.Equal(members["orig_trade_no"], order["original_reference"]);
        Assert.Equal(currency, order["currency"]);
        decimal amount = decimal.Parse(members["refund_amount"], System.Globalization.CultureInfo.InvariantCulture);
        int digits = ProtocolOracle.Digits(currency)!.Value;
        Assert.Equal(amount * (decimal)Math.Pow(10, digits), decimal.Parse(order["amount_minor"], System.Globalization.CultureInfo.InvariantCulture));

        // And what is echoed.
        _signer.Show(slot, RespCode.Processing, Known, TradeView.Refund);
        Dictionary<string, string> answer = ExpectAnswer(slot);
        foreach (string name in EchoedOfRefunds)
        {
            Assert.Equal(members[name], answer[name]);
        }
        Assert.Equal(refundId.ToString(), answer["refund_id"]);
        Assert.Equal(currency, answer["currency"]);
        Assert.Equal(amount, decimal.Parse(answer["refund_amount"], System.Globalization.CultureInfo.InvariantCulture));
    }

    private void Batch(RequestSlot slot, IReadOnlyDictionary<string, string> members)
    {
        _ledger.Hold(Known.InstId, "T-1", "KWD");
        TradePage? page = _batchQuery.ReadAsync(slot, Known).AsTask().GetAwaiter().GetResult();
        Assert.NotNull(page);
        _signer.Show(slot, Known, page);
        Dictionary<string, string> answer = ExpectAnswer(slot);

        // Of the list, the numbers that can be ours; each once, in order, and of them the page.
        string[] own = [.. ProtocolOracle.ReadList(members["trade_no_list"], ProtocolOracle.TradeNumber)!.Where(ProtocolOracle.IsOurNumber).Distinct().Order(StringComparer.Ordinal)];
        int size = int.Parse(members["page_size"], System.Globalization.CultureInfo.InvariantCulture);
        long skip = (long.Parse(members["page_no"], System.Globalization.CultureInfo.InvariantCulture) - 1) * size;
        Assert.Equal(
            ($"{own.Length}", members["page_no"], members["page_size"], skip + size < own.Length ? "true" : "false"),
            (answer["total_count"], answer["page_no"], answer["page_size"], answer["has_more"]));
        List<Dictionary<string, string>> rows = JsonSerializer.Deserialize<List<Dictionary<string, string>>>(answer["trade_list"])!;
        Assert.Equal(own.Skip((int)Math.Min(skip, own.Length)).Take(size), rows.Select(row => row["trade_no"]));
        Assert.All(rows, row => Assert.Equal(("T-1", "KWD", "0.000"), (row["out_trade_no"], row["currency"], row["total_refunded_amount"])));
    }

    private void Cancel(RequestSlot slot, IReadOnlyDictionary<string, string> members, Digest fingerprint)
    {
        bool hasNumber = members.TryGetValue("orig_trade_no", out string? number);
        bool hasOrder = members.TryGetValue("out_trade_no", out string? order);
        _ledger.Hold(Known.InstId, order ?? "T1", "CNY");
        bool isOurs = !hasNumber || ProtocolOracle.IsOurNumber(number!);
        Assert.Equal(isOurs, OwnTrade.FindAsync(_ledger, slot, Known, Member.OrigTradeNo).AsTask().GetAwaiter().GetResult());
        if (!isOurs)
        {
            return;
        }
        Cancelling.FillWish(slot, fingerprint, new TradeNo(++_lastNumber, 7), 1_789_000_000_000);
        Assert.Equal((members["req_id"], fingerprint, Known.InstId), (slot.Cancel.ReqId.ToString(), slot.Cancel.Fingerprint, slot.Cancel.InstId));
        Assert.True(!hasNumber || slot.Cancel.TradeNo.ToString() == number);

        // What is told in the end, and told again from what is recorded, is the same.
        Cancelling.End(slot.Cancel, slot.Trade, 1_789_000_000_001);
        _signer.SignFinal(slot.Answer, slot.Cancel, slot.Trade, Known);
        byte[] told = slot.Answer.Json.ToArray();
        Dictionary<string, string> answer = ExpectAnswer(slot);
        Assert.Equal((members["req_id"], Known.InstId.ToString(), "TRADE_CANCEL", "B007", "SUCCESS"), (answer["req_id"], answer["inst_id"], answer["biz_type"], answer["resp_code"], answer["trade_status"]));
        Assert.True((!hasNumber || answer["trade_no"] == number) && (!hasOrder || answer["out_trade_no"] == order));
        AnswerSigner.Repeat(slot.Answer, slot.Cancel, slot.Trade);
        Assert.Equal(told, slot.Answer.Json.ToArray());
    }

    // Which member is at fault is told apart only where a document could be read: what breaks the form has many first faults.
    private static void ExpectNamed(string code, string member, Rejection rejection, bool isDocument)
    {
        if (isDocument && member.Length > 0)
        {
            Assert.Equal(member, Encoding.ASCII.GetString(MemberTable.NameOf(rejection.Member)));
        }
        Assert.True(code != "C001" || rejection.Member < Member.Count);
    }

    private void ExpectRefusal(RequestSlot slot, Rejection rejection, Verdict verdict)
    {
        _signer.Refuse(slot, rejection, institution: null);
        Dictionary<string, string> answer = ExpectAnswer(slot);
        Assert.Equal(RespCodes.Label(rejection.Code), answer["resp_code"]);
        foreach (string name in EchoedInRefusals)
        {
            if (verdict.IsDocument)
            {
                bool isEchoed = verdict.Members.TryGetValue(name, out string? value) &&
                    MemberCheck.Check(MemberTable.Rule(MemberTable.Find(Encoding.ASCII.GetBytes(name))), Encoding.UTF8.GetBytes(value)) == RespCode.None;
                Assert.Equal(isEchoed ? value : null, answer.GetValueOrDefault(name));
            }
        }
    }

    /// <summary>Whatever was in the request, the answer is a strict document, and its own members are what was signed.</summary>
    private static Dictionary<string, string> ExpectAnswer(RequestSlot slot)
    {
        Dictionary<string, string>? answer = ProtocolOracle.ReadDocument(slot.Answer.Json.Span);
        Assert.NotNull(answer);
        Assert.Equal(ProtocolOracle.SigningString(answer), Encoding.UTF8.GetString(slot.Answer.SigningText));
        Assert.All(answer.Keys, name => Assert.Matches("^[a-z_]+$", name));
        return answer;
    }

    private static void ExpectMembers(RequestSlot slot, IReadOnlyDictionary<string, string> members)
    {
        Assert.Equal(0, slot.UnknownNameCount);
        foreach (MemberRule rule in MemberTable.Rules)
        {
            Assert.Equal(members.GetValueOrDefault(rule.Name, ""), Encoding.UTF8.GetString(slot[rule.Member]));
        }
    }

    private static string Label(Rejection rejection) => rejection.IsRefusal ? RespCodes.Label(rejection.Code) : "";

    /// <summary>Encodes as the HTTP adapter does, and keeps what it would have sent.</summary>
    private sealed class EncodedOrders : IClearingAdapter, IDisposable
    {
        private readonly RequestEncoder _encoder = new();

        internal ArrayBufferWriter<byte> Last { get; } = new();

        public void EncodePay(in PayOrder order, ClearingCall call)
        {
            Last.ResetWrittenCount();
            _encoder.Pay(order, Last);
        }

        public ValueTask<ClearingResult> PayAsync(ClearingCall call) => new(ClearingResult.Of(ClearingOutcome.Processing));

        public void EncodeRefund(in RefundOrder order, ClearingCall call)
        {
            Last.ResetWrittenCount();
            _encoder.Refund(order, Last);
        }

        public ValueTask<ClearingResult> RefundAsync(ClearingCall call) => PayAsync(call);

        public ValueTask<ClearingResult> InquireAsync(ClearingReference reference) => throw new NotSupportedException();

        public ValueTask<ClearingResult> ReverseAsync(ClearingReference reference) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;

        public void Dispose() => _encoder.Dispose();
    }

    /// <summary>Answers need numbers, a refund a trade, and nothing else of a ledger.</summary>
    private sealed class OneTrade : ILedger
    {
        private ulong _last = 1_789_000_000_000UL << TradeNo.CounterBits;
        private InstId _instId;
        private byte[] _orderNo = [];
        private Currency _currency;

        /// <summary>Under whatever number it is asked for.</summary>
        internal void Hold(InstId instId, string orderNo, string currency) =>
            (_instId, _orderNo, _currency) = (instId, Encoding.UTF8.GetBytes(orderNo), Currency.Parse(currency));

        public bool IsReady => true;

        public TimeSpan CommitTime => TimeSpan.Zero;

        public Task<string> Failure { get; } = new TaskCompletionSource<string>().Task;

        public TradeNo NextNo() => new(++_last, 7);

        public ValueTask<ReqIdState> RecallAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Trade into) => throw new NotSupportedException();

        public ValueTask<Claim> ClaimAsync(Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<CompleteState> RecordAsync(OperatorAct act, TimeSpan? atMost = null) => throw new NotSupportedException();

        public void WhenClaimedLate(Action<TradeNo> tell)
        {
        }

        public ValueTask<CompleteState> RedirectAsync(Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<CompleteState> CompleteAsync(Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<bool> FindAsync(TradeNo tradeNo, Trade into)
        {
            into.Clear();
            into.TradeNo = tradeNo;
            into.InstId = _instId;
            into.OrderNo.Set(_orderNo);
            into.Currency = _currency;
            into.Status = TradeStatus.Success;
            return new ValueTask<bool>(tradeNo.IsAssigned);
        }

        public ValueTask<bool> FindByOrderAsync(InstId instId, ReadOnlyMemory<byte> orderNo, Trade into) => FindAsync(new TradeNo(_last, 7), into);

        public ValueTask<IReadOnlyList<TradeNo>> PendingAsync() => throw new NotSupportedException();

        public void WhenReservedLate(Action<TradeNo> tell)
        {
        }

        public ValueTask<ReqIdState> RecallRefundAsync(InstId instId, ReadOnlyMemory<byte> reqId, Digest fingerprint, Refund into) => throw new NotSupportedException();

        public ValueTask<Claim> ReserveRefundAsync(Refund refund, Trade trade, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<CompleteState> SettleRefundAsync(Refund refund, TimeSpan? atMost = null) => throw new NotSupportedException();

        public ValueTask<bool> FindRefundAsync(TradeNo refundId, Refund into) => throw new NotSupportedException();

        public ValueTask<bool> FindRefundByNoAsync(InstId instId, ReadOnlyMemory<byte> refundNo, Refund into) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<TradeNo>> PendingRefundsAsync() => throw new NotSupportedException();

        public ICancelBook Cancels => throw new NotSupportedException();

        public ISurplusBook Surpluses => throw new NotSupportedException();

        public long FeedEnd => throw new NotSupportedException();

        public FeedPosition ReadFeed(in FeedPosition from, long before, IFeedVisitor visitor) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
