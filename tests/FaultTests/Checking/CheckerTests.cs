using HotPath.Faults.Checking;
using Xunit;

namespace HotPath.Faults.Tests.Checking;

/// <summary>A checker that finds nothing may be blind: each promise is broken here once, by hand, and nothing else is found then.</summary>
public sealed class CheckerTests
{
    internal const string Trade = "2026112300000000000000000001";
    private const string Other = "2026112300000000000000000002";

    [Fact]
    public void WholeStory_BreaksNothing()
    {
        Assert.Empty(Checker.Check(Story()));
    }

    [Fact]
    public void OrderAcceptedTwice_BreaksI1()
    {
        Evidence story = Story();
        AssertBroken("I1", "accepted 2 times", story with { Journal = [.. story.Journal, Accepted(Other, reqId: "r2", status: "FAILED")] });
    }

    [Fact]
    public void OrderPaidTwice_BreaksI1()
    {
        Evidence story = Story();
        AssertBroken("I1", "paid 2 times", story with
        {
            Journal = [.. story.Journal, Accepted(Other, reqId: "r2", status: "SUCCESS")],
            Channel = [.. story.Channel, Executed(Other)],
        });
    }

    [Fact]
    public void TradeSentTwice_BreaksI1_AlthoughTheChannelPaidOnce()
    {
        AssertBroken("I1", "sent to the channel 2 times", Story() with { Channel = [Executed(Trade) with { Deliveries = 2 }] });
    }

    [Fact]
    public void TradeThatTwoChannelsWereSent_BreaksI1_ThoughOnlyOneExecutedIt()
    {
        Evidence story = Story();
        ChannelEntry elsewhere = Executed(Trade) with { Channel = "other", IsExecuted = false };
        AssertBroken("I1", "was sent to other and virtual", story with { Channel = [Executed(Trade) with { Channel = "virtual" }, elsewhere] });
        // Blocked there by a reversal, and never sent.
        Assert.Empty(Checker.Check(story with { Channel = [Executed(Trade) with { Channel = "virtual" }, elsewhere with { Deliveries = 0 }] }));
    }

    [Fact]
    public void TradeAtAnotherChannelThanTheJournalNames_BreaksI1()
    {
        Evidence story = Story();
        AssertBroken("I1", "is at virtual, as the journal has it, and other was sent it", story with { Channel = [Executed(Trade) with { Channel = "other" }] });
        story.Journal[0].Channels.Add((2, "other"));
        Assert.Empty(Checker.Check(story with { Channel = [Executed(Trade) with { Channel = "other" }] }));
        AssertBroken("I1", "is at other, as the journal has it, and virtual was sent it", story with { Channel = [Executed(Trade) with { Channel = "virtual" }] });
    }

    [Fact]
    public void FinalThatChanges_BreaksI2()
    {
        Evidence story = Story();
        AssertBroken("I2", "was SUCCESS and is FAILED", story with { Calls = [.. story.Calls, Query(60, "FAILED")] });
    }

    [Fact]
    public void FinalThatIsPendingAgain_BreaksI2()
    {
        Evidence story = Story();
        AssertBroken("I2", "PENDING again", story with { Calls = [.. story.Calls, Query(60, "PENDING")] });
    }

    [Fact]
    public void PendingAnswer_ToACallFromBeforeTheResult_IsNoContradiction()
    {
        Evidence story = Story();
        Assert.Empty(Checker.Check(story with { Calls = [.. story.Calls, Query(5, "PENDING") with { EndedAtMs = 60 }] }));
    }

    [Fact]
    public void AcknowledgedTradeThatIsNotFound_BreaksI2()
    {
        Evidence story = Story();
        Call absent = Query(60, "") with { Answer = new Dictionary<string, string> { ["resp_code"] = "B006" } };
        AssertBroken("I2", "not found any more", story with { Calls = [.. story.Calls, absent] });
    }

    [Fact]
    public void AcknowledgedTradeThatTheJournalLost_BreaksI2()
    {
        AssertBroken("I2", "does not have it", Story() with { Journal = [], Channel = [] });
    }

    [Fact]
    public void OrderRefusedForItsCode_IsNotKnownBecauseTheCodesOwnerIsShown()
    {
        Evidence story = Story();
        Dictionary<string, string> other = Request("SCAN_PAY");
        other["out_trade_no"] = "o2";
        Call refused = Answered(other, 60, "SUCCESS", Trade) with
        {
            Answer = new Dictionary<string, string> { ["resp_code"] = "B005", ["trade_no"] = Trade, ["trade_status"] = "SUCCESS", ["out_trade_no"] = "o1" },
        };
        Call absent = refused with { SentAtMs = 100, EndedAtMs = 130, Answer = new Dictionary<string, string> { ["resp_code"] = "B006" } };
        Assert.Empty(Checker.Check(story with { Calls = [.. story.Calls, refused, absent] }));
    }

    [Fact]
    public void RepetitionWithOtherBytes_BreaksI3()
    {
        Evidence story = Story();
        Call again = Pay(60, "SUCCESS") with { Body = [9] };
        AssertBroken("I3", "other bytes", story with { Calls = [.. story.Calls, again] });
    }

    [Fact]
    public void RepetitionOfAnotherTrade_BreaksI3()
    {
        Evidence story = Story();
        Call again = Pay(60, "SUCCESS", tradeNo: Other);
        AssertBroken("I3", $"is {Other}", story with { Calls = [.. story.Calls, again] });
    }

    [Fact]
    public void ReqIdWithOtherContent_ThatIsAnswered_BreaksI4()
    {
        Evidence story = Story();
        var request = new Dictionary<string, string>(Request("SCAN_PAY")) { ["total_amount"] = "1.00" };
        AssertBroken("I4", "other content", story with { Calls = [.. story.Calls, Pay(60, "SUCCESS") with { Request = request }] });
    }

    [Fact]
    public void RefundsThatFit_BreakNothing() => Assert.Empty(Checker.Check(WithRefunds(
        Reserved(3, "a", 5_000, held: 5_000, count: 1), Reserved(4, "b", 3_880, held: 8_880, count: 2),
        Settled(5, "a", "FAILED", held: 3_880, succeeded: 0, count: 1), Reserved(6, "c", 5_000, held: 8_880, count: 2),
        Settled(7, "c", "SUCCESS", held: 8_880, succeeded: 5_000, count: 2), Settled(8, "b", "SUCCESS", held: 8_880, succeeded: 8_880, count: 2))));

    [Fact]
    public void RefundsOfMoreThanTheTrade_BreakI5_EvenForAMoment() => AssertBroken("I5", "8881 are held of a trade of 8880", WithRefunds(
        Reserved(3, "a", 5_000, held: 5_000, count: 1), Reserved(4, "b", 3_881, held: 8_881, count: 2),
        Settled(5, "a", "FAILED", held: 3_881, succeeded: 0, count: 1), Settled(6, "b", "FAILED", held: 0, succeeded: 0, count: 0)));

    [Fact]
    public void RecordThatCountsWrong_BreaksI5() => AssertBroken("I5", "they are 5000, 0, 1", WithRefunds(
        Reserved(3, "a", 5_000, held: 4_999, count: 1), Settled(4, "a", "FAILED", held: 0, succeeded: 0, count: 0)));

    [Fact]
    public void RefundThatEndsTwice_BreaksI5() => AssertBroken("I5", "and was SUCCESS", WithRefunds(
        Reserved(3, "a", 5_000, held: 5_000, count: 1), Settled(4, "a", "SUCCESS", held: 5_000, succeeded: 5_000, count: 1),
        Settled(5, "a", "FAILED", held: 0, succeeded: 0, count: 0)));

    [Fact]
    public void OneRefundNumberTwice_BreaksI5() => AssertBroken("I5", "one refund number has two refunds", WithRefunds(
        Reserved(3, "a", 1, held: 1, count: 1), Reserved(4, "b", 1, held: 2, count: 2, refundNo: "F-a")));

    [Fact]
    public void RefundOfATradeThatHadNotSucceeded_BreaksI5() => AssertBroken("I5", "had not succeeded", WithRefunds(Reserved(1, "a", 1, held: 1, count: 1)));

    [Fact]
    public void RefundThatNeverEnds_BreaksI5_OnceFaultsAreOver()
    {
        Evidence story = WithRefunds(Reserved(3, "a", 1, held: 1, count: 1));
        AssertBroken("I5", "still PENDING", story);
        Assert.Empty(Checker.Check(story with { IsSettled = false }));
    }

    [Fact]
    public void RefundToldOtherwiseThanTheJournal_BreaksI5()
    {
        Evidence story = WithRefunds(Reserved(3, "a", 1, held: 1, count: 1), Settled(4, "a", "FAILED", held: 0, succeeded: 0, count: 0));
        Assert.Empty(Checker.Check(story with { Calls = [.. story.Calls, Told("a", "PENDING"), Told("a", "FAILED")] }));
        AssertBroken("I5", "told SUCCESS, and the journal says FAILED", story with { Calls = [.. story.Calls, Told("a", "SUCCESS")] });
        AssertBroken("I5", "does not have it", story with { Calls = [.. story.Calls, Told("b", "PENDING")] });
    }

    [Fact]
    public void QueryThatShowsATotalThatNeverWas_BreaksI5()
    {
        Evidence story = WithRefunds(Reserved(3, "a", 5_000, held: 5_000, count: 1), Settled(4, "a", "SUCCESS", held: 5_000, succeeded: 5_000, count: 1));
        Call query = Query(90, "SUCCESS");
        Call Shows(string total) => query with { Answer = new Dictionary<string, string>(query.Answer!) { ["total_refunded_amount"] = total, ["refund_status"] = "PARTIAL" } };
        Assert.Empty(Checker.Check(story with { Calls = [.. story.Calls, Shows("0.00"), Shows("50.00")] }));
        AssertBroken("I5", "which it never was", story with { Calls = [.. story.Calls, Shows("50.01")] });
    }

    [Fact]
    public void RefundThatIsPendingAgain_OrUnknownAgain_BreaksI2()
    {
        Evidence story = WithRefunds(Reserved(3, "a", 1, held: 1, count: 1), Settled(4, "a", "FAILED", held: 0, succeeded: 0, count: 0));
        Call pending = Told("a", "PENDING") with { SentAtMs = 200, EndedAtMs = 210 };
        AssertBroken("I2", "is PENDING again", story with { Calls = [.. story.Calls, Told("a", "FAILED"), pending] });
        Call absent = pending with
        {
            Request = new Dictionary<string, string>(pending.Request) { ["biz_type"] = "REFUND_QUERY" },
            Answer = new Dictionary<string, string> { ["resp_code"] = "B006" },
        };
        AssertBroken("I2", "is not found any more", story with { Calls = [.. story.Calls, Told("a", "FAILED") with { Request = new Dictionary<string, string>(pending.Request) }, absent] });
        AssertBroken("I2", "refund a is in the journal, and is not found", story with { Calls = [.. story.Calls, absent] });
    }

    [Theory]
    [InlineData("trade_status", "PENDING")]
    [InlineData("total_amount", "88.81")]
    [InlineData("currency", "CNY")]
    [InlineData("refund_status", "FULL")]
    [InlineData("total_refunded_amount", "0.01")]
    public void LastQueryThatSaysOtherwiseThanTheJournal_BreaksI2(string member, string value)
    {
        Evidence story = Story();
        Call query = Query(90, "SUCCESS");
        AssertBroken("I2", "in the end a query says", story with { Calls = [query with { Answer = new Dictionary<string, string>(query.Answer!) { [member] = value } }] });
    }

    [Fact]
    public void OrderThatNobodyWasToldOf_AndIsNotFound_BreaksI2()
    {
        Call absent = Query(90, "") with { Answer = new Dictionary<string, string> { ["resp_code"] = "B006" } };
        AssertBroken("I2", "is in the journal, and is not found", Story() with { Calls = [absent] });
    }

    [Fact]
    public void RequestThatWasOnlyRefused_AndIsRecorded_BreaksI4()
    {
        Call refused = Pay(0, "") with { Answer = new Dictionary<string, string> { ["resp_code"] = "A001" } };
        AssertBroken("I4", "only ever answered A001", Story() with { Calls = [refused] });
        Assert.Empty(Checker.Check(Story() with { Calls = [refused, refused with { Answer = null, Status = 0 }] }));
    }

    [Fact]
    public void AnotherAmountThanWasAskedFor_BreaksI7()
    {
        Evidence story = Story();
        Call pay = story.Calls[0];
        AssertBroken("I7", "is answered with 8881", story with { Calls = [pay with { Answer = new Dictionary<string, string>(pay.Answer!) { ["total_amount"] = "88.81" } }] });
        AssertBroken("I7", "and the journal has 8880", story with { Calls = [pay with { Request = new Dictionary<string, string>(pay.Request) { ["total_amount"] = "8.88" } }] });
    }

    [Fact]
    public void TradeThatNeverEnds_BreaksI6_OnceFaultsAreOver()
    {
        Evidence story = Story() with { Calls = [], Journal = [Accepted(Trade)], Channel = [] };
        AssertBroken("I6", "still PENDING", story);
        Assert.Empty(Checker.Check(story with { IsSettled = false }));
    }

    [Fact]
    public void SecondResult_BreaksI6()
    {
        JournalTrade twice = Accepted(Trade, status: "SUCCESS");
        twice.Results.Add((9, "FAILED"));
        AssertBroken("I6", "2 results", Story() with { Journal = [twice] });
    }

    [Fact]
    public void SuccessWithoutMoney_BreaksI7()
    {
        AssertBroken("I7", "no money moved", Story() with { Channel = [Executed(Trade) with { IsExecuted = false }] });
    }

    [Fact]
    public void FailureWithMoney_BreaksI7_AndWhereTheChannelLiedItMustBeNoticed()
    {
        Evidence story = Story() with { Calls = [], Journal = [Accepted(Trade, status: "FAILED")] };
        AssertBroken("I7", "money moved", story);
        AssertBroken("I7", "nobody noticed", story with { Channel = [Executed(Trade) with { HasLied = true }] });
    }

    [Fact]
    public void OtherAmountAtTheChannel_BreaksI7()
    {
        AssertBroken("I7", "moved 1 HKD", Story() with { Channel = [Executed(Trade) with { AmountMinor = 1 }] });
    }

    [Fact]
    public void TradeSentBeforeItsClaimWasDurable_BreaksI7()
    {
        Evidence story = Story();
        AssertBroken("I7", "does not have", story with { Channel = [.. story.Channel, Executed(Other) with { IsExecuted = false }] });
    }

    [Fact]
    public void RefundsUpToThePayment_BreakNothing()
    {
        Evidence story = WithRefunds(
            Reserved(3, "R1", 8_000, held: 8_000, count: 1), Settled(4, "R1", "SUCCESS", held: 8_000, succeeded: 8_000, count: 1),
            Reserved(5, "R3", 1, held: 8_001, count: 2) with { Succeeded = 8_000 }, Settled(6, "R3", "FAILED", held: 8_000, succeeded: 8_000, count: 1));
        Assert.Empty(Checker.Check(story with { Channel = [.. story.Channel, Refunded("R3", 1) with { IsExecuted = false }] }));
    }

    [Fact]
    public void RefundWithoutMoney_AndMoneyWithoutARefund_BreakI7()
    {
        Evidence story = WithRefunds(Reserved(3, "a", 1, held: 1, count: 1), Settled(4, "a", "SUCCESS", held: 1, succeeded: 1, count: 1));
        AssertBroken("I7", "refund a is SUCCESS, and no money moved", story with { Channel = [Executed(Trade)] });
        AssertBroken("I7", "the journal does not have", Story() with { Channel = [Executed(Trade), Refunded("a", 1)] });
    }

    [Fact]
    public void OneMinorUnitTooMuchBack_BreaksI5()
    {
        Evidence story = Story();
        AssertBroken("I5", "8880 was paid and 8881 given back, by R1, R2", story with { Channel = [.. story.Channel, Refunded("R1", 8000), Refunded("R2", 881)] });
    }

    [Fact]
    public void RefundOfWhatWasNotPaid_BreaksI5()
    {
        AssertBroken("I5", "0 was paid and 1 given back", Story() with { Channel = [Executed(Trade) with { IsExecuted = false }, Refunded("R1", 1)] });
        AssertBroken("I5", "0 was paid and 1 given back", Story() with { Channel = [Refunded("R1", 1)] });
    }

    [Fact]
    public void RefundsBeyondInt64_BreakI5_AndDoNotWrapAround()
    {
        Evidence story = Story();
        AssertBroken("I5", "18446744073709551614 given back", story with
        {
            Channel = [.. story.Channel, Refunded("R1", long.MaxValue), Refunded("R2", long.MaxValue)],
        });
    }

    [Fact]
    public void RefundInAnotherCurrency_BreaksI5()
    {
        Evidence story = Story();
        AssertBroken("I5", "its refund R1 moved JPY", story with { Channel = [.. story.Channel, Refunded("R1", 100) with { Currency = "JPY" }] });
    }

    [Fact]
    public void RefundSentTwice_BreaksI5_AlthoughTheChannelGaveBackOnce()
    {
        Evidence story = Story();
        AssertBroken("I5", "refund R1 was sent to the channel 2 times", story with { Channel = [.. story.Channel, Refunded("R1", 100) with { Deliveries = 2 }] });
    }

    [Fact]
    public void AnswerThatDoesNotVerify_BreaksI8()
    {
        Evidence story = Story();
        AssertBroken("I8", "does not verify", story with { Calls = [.. story.Calls, Pay(60, "SUCCESS") with { IsVerified = false }] });
    }

    [Fact]
    public void History_TellsEverybodysPart_InOrder()
    {
        Evidence story = Story() with { Marks = [(20, "kill -9")] };
        var text = new StringWriter();

        History.Print(story, "CN000001", "o1", text);

        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] expected = ["sends SCAN_PAY", "executes", "kill -9", "is told 0000 SUCCESS", "sends TRADE_QUERY", "is told 0000 SUCCESS", "ACCEPTED " + Trade];
        Assert.Equal(expected.Length, lines.Length);
        Assert.All(expected.Zip(lines), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
    }

    internal static void AssertBroken(string invariant, string sentence, Evidence story)
    {
        IReadOnlyList<Broken> broken = Checker.Check(story);
        Assert.Contains(broken, found => found.Invariant == invariant && found.Sentence.Contains(sentence, StringComparison.Ordinal));
    }

    // Paid at 0, executed at 10, answered at 30, asked for at 40.
    internal static Evidence Story() => new()
    {
        Calls = [Pay(0, "SUCCESS"), Query(40, "SUCCESS")],
        Channel = [Executed(Trade)],
        Journal = [Accepted(Trade, status: "SUCCESS")],
        IsSettled = true,
    };

    private static Dictionary<string, string> Request(string bizType) => new()
    {
        ["biz_type"] = bizType,
        ["inst_id"] = "CN000001",
        ["req_id"] = bizType == "SCAN_PAY" ? "r1" : "q1",
        ["out_trade_no"] = "o1",
        ["total_amount"] = "88.80",
        ["currency"] = "HKD",
    };

    private static Call Pay(long atMs, string status, string tradeNo = Trade) => Answered(Request("SCAN_PAY"), atMs, status, tradeNo);

    private static Call Query(long atMs, string status) => Answered(Request("TRADE_QUERY"), atMs, status, Trade);

    private static Call Answered(Dictionary<string, string> request, long atMs, string status, string tradeNo) => new()
    {
        SentAtMs = atMs,
        EndedAtMs = atMs + 30,
        Request = request,
        Status = 200,
        Body = [1],
        Answer = new Dictionary<string, string>
        {
            ["resp_code"] = "0000",
            ["trade_no"] = tradeNo,
            ["trade_status"] = status,
            ["req_id"] = request["req_id"],
            ["total_amount"] = "88.80",
            ["currency"] = "HKD",
            ["refund_status"] = "NONE",
            ["total_refunded_amount"] = "0.00",
        },
        IsVerified = true,
    };

    private static Evidence WithRefunds(params RefundEvent[] refunds)
    {
        Evidence story = Story();
        story.Journal[0].Refunds.AddRange(refunds);
        long succeeded = refunds[^1].Succeeded;
        Call query = Query(40, "SUCCESS");
        return story with
        {
            Calls =
            [
                story.Calls[0],
                query with
                {
                    Answer = new Dictionary<string, string>(query.Answer!)
                    {
                        ["refund_status"] = succeeded == 0 ? "NONE" : succeeded == 8880 ? "FULL" : "PARTIAL",
                        ["total_refunded_amount"] = $"{succeeded / 100}.{succeeded % 100:D2}",
                    },
                },
            ],
            Channel = [.. story.Channel, .. story.Journal[0].RefundsAtTheEnd.Where(refund => refund.Status == "SUCCESS").Select(refund => Refunded(refund.RefundId, refund.AmountMinor))],
        };
    }

    private static RefundEvent Reserved(long sequence, string refundId, long minorUnits, long held, int count, string? refundNo = null) =>
        new(
        sequence, refundId, refundNo ?? $"F-{refundId}", minorUnits, "PENDING", "", $"q-{refundId}", Call.ContentOf(RefundRequest(refundId)), held, Succeeded: 0, count);

    private static RefundEvent Settled(long sequence, string refundId, string status, long held, long succeeded, int count) =>
        new(sequence, refundId, "", 0, status, status == "FAILED" ? "B004" : "", "", "", held, succeeded, count);

    private static Dictionary<string, string> RefundRequest(string refundId) =>
        new(Request("REFUND")) { ["req_id"] = $"q-{refundId}", ["refund_no"] = $"F-{refundId}", ["refund_amount"] = "0.01" };

    private static Call Told(string refundId, string status)
    {
        Call call = Answered(RefundRequest(refundId), 70, status, Trade);
        return call with
        {
            Answer = new Dictionary<string, string> { ["resp_code"] = "0000", ["refund_id"] = refundId, ["refund_status"] = status, ["req_id"] = $"q-{refundId}", ["refund_amount"] = "0.01", ["currency"] = "HKD" },
        };
    }

    private static ChannelEntry Executed(string tradeNo) => new()
    {
        TradeNo = tradeNo,
        AmountMinor = 8880,
        Currency = "HKD",
        Deliveries = 1,
        IsExecuted = true,
        Story = [(10, "executes 88.80")],
    };

    private static ChannelEntry Refunded(string refundId, long amountMinor) =>
        Executed(refundId) with { OriginalTradeNo = Trade, AmountMinor = amountMinor };

    private static JournalTrade Accepted(string tradeNo, string reqId = "r1", string? status = null)
    {
        var trade = new JournalTrade
        {
            TradeNo = tradeNo,
            InstId = "CN000001",
            ReqId = reqId,
            OrderNo = "o1",
            Content = Call.ContentOf(Request("SCAN_PAY")),
            AmountMinor = 8880,
            Currency = "HKD",
            AcceptedSequence = 1,
            Channels = [(1, "virtual")],
        };
        if (status is not null)
        {
            trade.Results.Add((2, status));
        }
        return trade;
    }
}
