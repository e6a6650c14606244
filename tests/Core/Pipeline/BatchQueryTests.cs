using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

public sealed class BatchQueryTests
{
    // The day that TestCorridor's clock begins in.
    private static readonly (string, string)[] WholeDay = [("start_time", "20260919000000"), ("end_time", "20260919235959")];

    [Fact]
    public async Task AList_ShowsTheCallersTradesInOrderOnce_AsTradeQueryDoes_AndLeavesOutWhatIsNotTheirs()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        Answered first = await corridor.CallAsync(corridor.Payment());
        Answered theirs = await corridor.CallAsync(corridor.Payment(("inst_id", TestCorridor.Them)));
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.InsufficientBalance, default));
        Answered failed = await corridor.CallAsync(corridor.Payment());
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Refund(first, "30.00"))).Code);
        const string Unknown = "2026091910300000000000000001";

        Answered page = await corridor.CallAsync(corridor.Batch(
            ("trade_no_list", Json(failed["trade_no"], theirs["trade_no"], first["trade_no"], Unknown, failed["trade_no"]))));
        Assert.Equal(("0000", "2", "1", "100", "false", ""), (page.Code, page["total_count"], page["page_no"], page["page_size"], page["has_more"], page["snapshot_no"]));
        List<Dictionary<string, string>> rows = Rows(page);
        Assert.Equal([first["trade_no"], failed["trade_no"]], rows.Select(row => row["trade_no"]));
        foreach (Dictionary<string, string> row in rows)
        {
            Answered asked = await corridor.CallAsync(corridor.Query(("trade_no", row["trade_no"])));
            string[] ofTheCall = ["sign", "resp_code", "resp_msg", "resp_id", "resp_time", "req_id", "inst_id", "biz_type", "key_id"];
            Assert.Equal(asked.Members.Where(member => !ofTheCall.Contains(member.Key)).ToDictionary(), row);
        }
        Assert.Equal(("PARTIAL", "30.00", "B002"), (rows[0]["refund_status"], rows[0]["total_refunded_amount"], rows[1]["fail_code"]));

        Answered byOrder = await corridor.CallAsync(corridor.Batch(
            ("out_trade_no_list", Json(failed["out_trade_no"], "none", theirs["out_trade_no"], first["out_trade_no"]))));
        Assert.Equal(page["trade_list"], byOrder["trade_list"]);
        Answered second = await corridor.CallAsync(corridor.Batch(
            ("out_trade_no_list", Json(failed["out_trade_no"], first["out_trade_no"])), ("page_no", "2"), ("page_size", "1")));
        Assert.Equal((failed["trade_no"], "2", "false"), (Assert.Single(Rows(second))["trade_no"], second["total_count"], second["has_more"]));
        Answered beyond = await corridor.CallAsync(corridor.Batch(("trade_no_list", Json(first["trade_no"])), ("page_no", "2147483647")));
        Assert.Equal(("0000", "[]", "1", "false"), (beyond.Code, beyond["trade_list"], beyond["total_count"], beyond["has_more"]));
        Assert.DoesNotContain(' ', page["trade_list"]);
    }

    [Fact]
    public async Task AWindow_HoldsWhatWasAcknowledgedBefore_AndItsPagesNeitherRepeatNorSkipWhileTradesArrive_OrTheGatewayRestarts()
    {
        TestCorridor corridor = await TestCorridor.OpenAsync(keepsDays: true);
        var expected = new List<string>();
        for (int i = 0; i < 7; i++)
        {
            corridor.Clock.Advance(TimeSpan.FromSeconds(1));
            expected.Add((await corridor.CallAsync(corridor.Payment()))["trade_no"]);
            await corridor.CallAsync(corridor.Payment(("inst_id", TestCorridor.Them)));
        }
        Answered page = await corridor.CallAsync(corridor.Batch([.. WholeDay, ("page_size", "3")]));
        string snapshot = page["snapshot_no"];
        Assert.Matches("^[0-9]{29}$", snapshot);
        var seen = new List<string>(Rows(page).Select(row => row["trade_no"]));
        for (int pageNo = 2; page["has_more"] == "true"; pageNo++)
        {
            await corridor.CallAsync(corridor.Payment());
            if (pageNo == 3)
            {
                corridor = await corridor.RestartAsync();
            }
            page = await corridor.CallAsync(corridor.Batch([.. WholeDay, ("page_size", "3"), ("page_no", pageNo.ToString(null, null)), ("snapshot_no", snapshot)]));
            Assert.Equal(("0000", "7", snapshot), (page.Code, page["total_count"], page["snapshot_no"]));
            seen.AddRange(Rows(page).Select(row => row["trade_no"]));
        }
        Assert.Equal(expected, seen);
        Assert.Equal("9", (await corridor.CallAsync(corridor.Batch(WholeDay)))["total_count"]);
        await corridor.DisposeAsync();
    }

    [Fact]
    public async Task AWindow_BeginsAndEndsWithTheSecondsItNames_AlsoOverMidnight()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 9, 19, 15, 59, 58, 999, TimeSpan.Zero));
        await using TestCorridor corridor = await TestCorridor.OpenAsync(clock: clock, keepsDays: true);
        // 23:59:58.999, 23:59:59.000, 23:59:59.999, 00:00:00.000, 00:00:00.999, 00:00:01.000 in Beijing.
        foreach (int ms in (int[])[0, 1, 999, 1, 999, 1])
        {
            clock.Advance(TimeSpan.FromMilliseconds(ms));
            Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment())).Code);
        }
        foreach ((string from, string to, string count) in ((string, string, string)[])[
            ("20260919235959", "20260920000000", "4"), ("20260919235959", "20260919235959", "2"), ("20260920000000", "20260920235959", "3"),
            ("20260919000000", "20260919235958", "1"), ("20260919000000", "20260920000000", "5"), ("20260920000002", "20260920000002", "0")])
        {
            Answered page = await corridor.CallAsync(corridor.Batch(("start_time", from), ("end_time", to)));
            Assert.Equal((from, to, count, count), (from, to, page["total_count"], Rows(page).Count.ToString(null, null)));
        }
    }

    [Fact]
    public async Task ATradeStatus_LeavesOnlyThose_AndPendingOnesMoveWhenTheyEnd()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(keepsDays: true);
        string paid = (await corridor.CallAsync(corridor.Payment()))["trade_no"];
        corridor.Told.Pay = _ => Task.FromResult(new ClearingResult(ClearingOutcome.Failed, RespCode.LimitExceeded, default));
        string failed = (await corridor.CallAsync(corridor.Payment()))["trade_no"];
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Processing));
        string pending = (await corridor.CallAsync(corridor.Payment()))["trade_no"];
        Task<Answered> PageOf(string status) => corridor.CallAsync(corridor.Batch([.. WholeDay, ("trade_status", status)]));
        async Task<string[]> Of(string status)
        {
            Answered page = await PageOf(status);
            Assert.Equal(page["total_count"], Rows(page).Count.ToString(null, null));
            return [.. Rows(page).Select(row => row["trade_no"])];
        }
        Assert.Equal([paid], await Of("SUCCESS"));
        Assert.Equal([failed], await Of("FAILED"));
        Assert.Equal([pending], await Of("PENDING"));
        Assert.Empty(await Of("CANCELLED"));
        int inquiries = corridor.Told.Inquiries;
        corridor.Told.Inquire = _ => ClearingResult.Of(ClearingOutcome.Succeeded);
        Assert.Equal(0, inquiries);
        // While it ends it may be counted and not shown: with a status no stability is promised (protocol, section 5).
        Assert.True(await corridor.UntilAsync(async () => (await PageOf("PENDING"))["total_count"] == "0", TimeSpan.FromSeconds(10)));
        Assert.Equal([paid, pending], await Of("SUCCESS"));
    }

    [Theory]
    [InlineData("C001", "trade_no_list", "")]
    [InlineData("C001", "trade_no_list", "trade_status=SUCCESS")]
    [InlineData("C001", "end_time", "start_time=20260919000000")]
    [InlineData("C001", "start_time", "end_time=20260919000000")]
    [InlineData("C001", "page_no", "out_trade_no_list=[\"T1\"]&page_no=-")]
    [InlineData("C001", "page_size", "out_trade_no_list=[\"T1\"]&page_size=-")]
    [InlineData("C001", "snapshot_no", "start_time=20260919000000&end_time=20260919000001&page_no=2")]
    [InlineData("C002", "trade_no_list", "trade_no_list=[\"T1\"]")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=[\"T1\", \"T2\"]")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=[\"T1\",]")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=[\"T1\"")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=[\"T1\"]]")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=[1]")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=T1,T2")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=[\"\"]")]
    [InlineData("C002", "out_trade_no_list", "out_trade_no_list=[\"T\\u0031\"]")]
    [InlineData("C002", "start_time", "start_time=20260230000000&end_time=20260919000000")]
    [InlineData("C002", "page_no", "out_trade_no_list=[\"T1\"]&page_no=one")]
    [InlineData("C002", "page_no", "out_trade_no_list=[\"T1\"]&page_no=01")]
    [InlineData("C002", "snapshot_no", "start_time=20260919000000&end_time=20260919000001&snapshot_no=1")]
    [InlineData("C003", "page_no", "out_trade_no_list=[\"T1\"]&page_no=0")]
    [InlineData("C003", "page_no", "out_trade_no_list=[\"T1\"]&page_no=-1")]
    [InlineData("C003", "page_no", "out_trade_no_list=[\"T1\"]&page_no=2147483648")]
    [InlineData("C003", "page_no", "out_trade_no_list=[\"T1\"]&page_no=99999999999999999999999999")]
    [InlineData("C003", "page_size", "out_trade_no_list=[\"T1\"]&page_size=0")]
    [InlineData("C003", "page_size", "out_trade_no_list=[\"T1\"]&page_size=101")]
    [InlineData("C003", "out_trade_no_list", "out_trade_no_list=[]")]
    [InlineData("C003", "out_trade_no_list", "trade_no_list=[\"2026091910300000000000000001\"]&out_trade_no_list=[\"T1\"]")]
    [InlineData("C003", "start_time", "out_trade_no_list=[\"T1\"]&start_time=20260919000000")]
    [InlineData("C003", "trade_status", "out_trade_no_list=[\"T1\"]&trade_status=SUCCESS")]
    [InlineData("C003", "trade_status", "start_time=20260919000000&end_time=20260919000001&trade_status=OPEN")]
    [InlineData("C003", "end_time", "start_time=20260919000001&end_time=20260919000000")]
    [InlineData("C003", "end_time", "start_time=20260919000000&end_time=20260920000001")]
    [InlineData("C003", "snapshot_no", "start_time=20260919000000&end_time=20260919000001&snapshot_no=12026091999999999990000000000")]
    [InlineData("C003", "snapshot_no", "start_time=20260919000000&end_time=20260919000001&snapshot_no=12026092000000000000000000000")]
    [InlineData("C003", "snapshot_no", "start_time=20260919000000&end_time=20260919000001&snapshot_no=22026091900000000000000000000")]
    [InlineData("C003", "out_trade_no", "out_trade_no=T1")]
    public async Task WhatDoesNotMakeAQuestion_IsRefused_ByTheFirstMemberThatIsWrong(string code, string member, string query)
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(keepsDays: true);
        Dictionary<string, string> members = corridor.Batch();
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            members[parts[0]] = parts[1];
        }
        foreach (string left in members.Where(pair => pair.Value == "-").Select(pair => pair.Key).ToArray())
        {
            members.Remove(left);
        }
        Answered refused = await corridor.CallAsync(members);
        Assert.Equal((code, true), (refused.Code, refused["resp_msg"].EndsWith($": {member}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AListOfAHundred_IsOnePage_AndOneMoreIsC003()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync();
        // As long as an order number and a code's texts can be, with what JSON escapes.
        string[] orders = [.. Enumerable.Range(0, 101).Select(i => $"T{i:D63}")];
        string shop = Qr.EmvCode.Of(Qr.EmvCode.Fps, ("59", "咖啡\"\\咖啡咖啡咖啡咖啡咖啡咖啡咖啡咖啡咖啡咖"), ("60", "香港\"\\香港香港香港香港香"));
        foreach (string order in orders)
        {
            Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(("out_trade_no", order), ("qr_content", shop)))).Code);
        }
        Answered page = await corridor.CallAsync(corridor.Batch(("out_trade_no_list", Json(orders[..100]))));
        Assert.Equal(orders[..100], Rows(page).Select(row => row["out_trade_no"]));
        Assert.Equal("咖啡\"\\咖啡咖啡咖啡咖啡咖啡咖啡咖啡咖啡咖啡咖", Rows(page)[99]["merchant_name"]);
        Assert.Equal("C003", (await corridor.CallAsync(corridor.Batch(("out_trade_no_list", Json(orders))))).Code);
    }

    [Fact]
    public async Task WhenTheDayFilesCannotCatchUp_AWindowIsA001InTime_AndAListIsAnswered()
    {
        await using TestCorridor corridor = await TestCorridor.OpenAsync(keepsDays: true);
        corridor.Threads.IsStanding = true;
        Answered paid = await corridor.CallAsync(corridor.Payment());
        Assert.Equal("1", (await corridor.CallAsync(corridor.Batch(("trade_no_list", Json(paid["trade_no"])))))["total_count"]);
        Task<Answered> asked = corridor.CallAsync(corridor.Batch(WholeDay));
        // It has come to where it waits for its time.
        await corridor.FollowAsync(turns: 20);
        Assert.False(asked.IsCompleted);
        corridor.Clock.Advance(TimeSpan.FromSeconds(1.8));
        Assert.Equal("A001", (await asked.WaitAsync(TimeSpan.FromSeconds(60))).Code);
        corridor.Threads.IsStanding = false;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ADamagedDayFile_AnswersNoWindow_AndIsMadeAgainWithoutARestart_WhetherAQuestionFindsItOrTheNextTrade(bool isFoundByTrade)
    {
        TestCorridor corridor = await TestCorridor.OpenAsync(keepsDays: true);
        string[] paid = [(await corridor.CallAsync(corridor.Payment()))["trade_no"]];
        Assert.Equal("1", (await corridor.CallAsync(corridor.Batch(WholeDay)))["total_count"]);
        corridor = await corridor.RestartAsync();
        foreach (string file in Directory.GetFiles(Path.Combine(corridor.DataDirectory, "days"), "*.accepted", SearchOption.AllDirectories))
        {
            byte[] bytes = File.ReadAllBytes(file);
            bytes[3] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
        if (isFoundByTrade)
        {
            paid = [.. paid, (await corridor.CallAsync(corridor.Payment()))["trade_no"]];
        }
        Answered page = new(0, "", []);
        if (!isFoundByTrade)
        {
            Assert.Equal("A002", (await corridor.CallAsync(corridor.Batch(WholeDay))).Code);
        }
        for (int look = 0; look < 1_000 && page.Code != "0000"; look++)
        {
            Task<Answered> asked = corridor.CallAsync(corridor.Batch(WholeDay));
            while (await Task.WhenAny(asked, corridor.FollowAsync(turns: 2)) != asked)
            {
                // The feed lets a second pass after what failed, and a question its budget.
                corridor.Clock.Advance(TimeSpan.FromMilliseconds(100));
            }
            page = await asked;
        }
        Assert.Equal(paid, Rows(page).Select(row => row["trade_no"]));
        Assert.Contains("hotpath_dayfiles_damaged_total 1", await corridor.MetricsTextAsync(), StringComparison.Ordinal);
        // And what was made again is kept.
        corridor = await corridor.RestartAsync();
        Assert.Equal(paid, Rows(await corridor.CallAsync(corridor.Batch(WholeDay))).Select(row => row["trade_no"]));
        await corridor.DisposeAsync();
    }

    private static string Json(params string[] texts) => JsonSerializer.Serialize(texts);

    private static List<Dictionary<string, string>> Rows(Answered page) => JsonSerializer.Deserialize<List<Dictionary<string, string>>>(page["trade_list"])!;
}
