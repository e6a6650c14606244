using System.Text.Json;
using HotPath.Core.Clearing;
using HotPath.Core.Model;
using HotPath.Core.Recon;
using HotPath.Core.Tests.Recon;
using Xunit;

namespace HotPath.Core.Tests.Pipeline;

/// <summary>RECON_DOWNLOAD and RECON_UPLOAD through the corridor, on virtual time: it is 10:30 in Beijing on 2026-09-19.</summary>
public sealed class ReconPipelineTests
{
    private const string Today = "20260919";
    private const string Yesterday = "20260918";

    private static readonly string[] Ten = ["CNY", "HKD", "JPY", "USD", "EUR", "GBP", "KWD", "SGD", "THB", "AUD"];

    private static readonly ReconFileName File = new(Rows.Us, Rows.Day - 1, ReconType.Trade);

    [Fact]
    public async Task Download_TellsTheFile_AndAnAddressForIt()
    {
        await using TestCorridor corridor = await OpenAsync();
        Answered answer = await corridor.CallAsync(corridor.Download(Yesterday));

        Assert.Equal("0000", answer.Code);
        Assert.Equal("HP_CN000001_20260918_TRADE.csv", answer["file_name"]);
        Assert.Equal("2", answer["record_count"]);
        Assert.Equal("""{"CNY":{"count":"1","amount":"1.00"},"JPY":{"count":"1","amount":"500"}}""", answer["amount_summary"]);
        Assert.Equal("SHA256", answer["hash_type"]);
        var address = new Uri(answer["download_url"]);
        Assert.Equal("https://gateway.example.com:8443/files/", new Uri(address, ".").AbsoluteUri);
        ReconDownload download = corridor.Recon!.Fetch(address.Segments[^1])!;
        Assert.Equal(answer["hash_value"], Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.IO.File.ReadAllBytes(download.Path))));
        Assert.Equal(answer["file_name"], download.Name);
    }

    [Fact]
    public async Task Download_OfAnInstitution_IsItsOwn()
    {
        await using TestCorridor corridor = await OpenAsync();
        Answered theirs = await corridor.CallAsync(corridor.Download(Yesterday, ("inst_id", TestCorridor.Them)));
        Assert.Equal("HP_HK000001_20260918_TRADE.csv", theirs["file_name"]);
        Assert.Equal(("0", "{}"), (theirs["record_count"], theirs["amount_summary"]));
    }

    [Fact]
    public async Task AFile_CanBeHadFromTenOClockOfTheNextDay()
    {
        await using TestCorridor corridor = await OpenAsync();
        Assert.Equal("B012", (await corridor.CallAsync(corridor.Download(Today))).Code);
        Assert.Equal("B012", (await corridor.CallAsync(corridor.Download("20260920"))).Code);
        corridor.Clock.Advance(TimeSpan.FromHours(23.5) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("B012", (await corridor.CallAsync(corridor.Download(Today))).Code);
        corridor.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Download(Today))).Code);
    }

    [Theory]
    [InlineData("20260230", "C002")]
    [InlineData("2026091", "C002")]
    [InlineData("20260918 ", "C002")]
    [InlineData("../../etc", "C002")]
    [InlineData("２０２６０９１８", "C002")]
    [InlineData("20260323", "0000")] // 180 days
    [InlineData("20260322", "C003")]
    [InlineData("19700101", "C003")]
    public async Task ADay_ThatCannotBe_OrIsNotKeptAnyMore_IsRefused(string day, string code)
    {
        await using TestCorridor corridor = await OpenAsync();
        Answered answer = await corridor.CallAsync(corridor.Download(day));
        Assert.Equal(code, answer.Code);
        Assert.True(code == "0000" || answer["resp_msg"].EndsWith(": settle_date", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AnAddress_IsGoodForFiveMinutes_ForThisFile_AndCannotBeMade()
    {
        await using TestCorridor corridor = await OpenAsync();
        string token = new Uri((await corridor.CallAsync(corridor.Download(Yesterday)))["download_url"]).Segments[^1];
        for (int at = 0; at < token.Length; at++)
        {
            char other = token[at] == 'A' ? 'B' : 'A';
            Assert.Null(corridor.Recon!.Fetch(token[..at] + other + token[(at + 1)..]));
        }
        Assert.Null(corridor.Recon!.Fetch(token + "A"));
        Assert.Null(corridor.Recon!.Fetch(""));
        Assert.Null(corridor.Recon!.Fetch("../" + token));
        Assert.Null(new DownloadTokens(corridor.Clock).Find(token));
        corridor.Clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(corridor.Recon!.Fetch(token));
        corridor.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(corridor.Recon!.Fetch(token));
    }

    [Theory]
    [InlineData("user@evil.example")]
    [InlineData("evil.example/path")]
    [InlineData("evil.example#")]
    [InlineData("evil.example?x=1")]
    [InlineData("a b")]
    [InlineData("")]
    public async Task AHost_ThatIsMoreThanAHost_MakesNoAddress(string host)
    {
        await using TestCorridor corridor = await OpenAsync();
        corridor.Host = host;
        Answered answer = await corridor.CallAsync(corridor.Download(Yesterday));
        Assert.Equal(("A002", ""), (answer.Code, answer["download_url"]));
    }

    [Fact]
    public async Task ABalancedResult_IsKept_AndItsRepetitionGetsTheSameBytes_AlsoAfterARestart()
    {
        TestCorridor corridor = await OpenAsync();
        Dictionary<string, string> upload = corridor.Upload(Yesterday, await Balanced(corridor));
        Answered first = await corridor.CallAsync(upload);
        Assert.Equal("0000", first.Code);
        Assert.Matches("^[0-9]{28}$", first["recon_id"]);
        Assert.Equal("[]", first["diff_check"]);
        Assert.Equal(first.Json, (await corridor.CallAsync(upload)).Json);

        corridor = await corridor.RestartAsync();
        await using (corridor)
        {
            corridor.Clock.Advance(TimeSpan.FromHours(23));
            Assert.Equal(first.Json, (await corridor.CallAsync(upload)).Json);
            upload["total_count"] = "3";
            Assert.Equal("C004", (await corridor.CallAsync(upload)).Code);
            // A later one supersedes: another recon_id, and both are there.
            Answered second = await corridor.CallAsync(corridor.Upload(Yesterday, await Balanced(corridor)));
            Assert.NotEqual(first["recon_id"], second["recon_id"]);
            Assert.Equal(2, corridor.Recon!.Uploads.Versions(File));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task AnUploadThatIsDamagedOnDisk_StopsNoStart(string content)
    {
        TestCorridor corridor = await OpenAsync();
        Dictionary<string, string> upload = corridor.Upload(Yesterday, await Balanced(corridor));
        Answered first = await corridor.CallAsync(upload);
        string path = Assert.Single(Directory.GetFiles(Path.Combine(corridor.DataDirectory, "recon", "uploads"), "*.json", SearchOption.AllDirectories));
        System.IO.File.WriteAllText(path, content);
        corridor = await corridor.RestartAsync();
        await using (corridor)
        {
            Answered second = await corridor.CallAsync(upload);
            Assert.Equal("0000", second.Code);
            Assert.NotEqual(first["recon_id"], second["recon_id"]);
            // Nobody's evidence is written over.
            Assert.Equal(content, System.IO.File.ReadAllText(path));
        }
    }

    [Fact]
    public async Task BelowTheJournalsReserve_AnUploadIsA001_AndTheSameIsTakenWhenThereIsRoom()
    {
        TestCorridor corridor = await OpenAsync();
        Dictionary<string, string> upload = corridor.Upload(Yesterday, await Balanced(corridor));
        corridor = await corridor.RestartAsync(reconReserve: long.MaxValue);
        Assert.Equal("A001", (await corridor.CallAsync(upload)).Code);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Download(Yesterday))).Code);
        corridor = await corridor.RestartAsync();
        await using (corridor)
        {
            Assert.Equal(0, corridor.Recon!.Uploads.Versions(File));
            Assert.Equal("0000", (await corridor.CallAsync(upload)).Code);
        }
    }

    [Fact]
    public async Task AReqId_IsOneForEverythingThatChangesState()
    {
        await using TestCorridor corridor = await OpenAsync();
        Dictionary<string, string> upload = corridor.Upload(Yesterday, await Balanced(corridor));
        Assert.Equal("0000", (await corridor.CallAsync(upload)).Code);
        Assert.Equal("C004", (await corridor.CallAsync(corridor.Payment(("req_id", upload["req_id"])))).Code);
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(("req_id", upload["req_id"]), ("inst_id", TestCorridor.Them)))).Code);

        Dictionary<string, string> payment = corridor.Payment();
        Assert.Equal("0000", (await corridor.CallAsync(payment)).Code);
        Assert.Equal("C004", (await corridor.CallAsync(corridor.Upload(Yesterday, [.. await Balanced(corridor), ("req_id", payment["req_id"])]))).Code);
        // And free again after 24 hours.
        corridor.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal("0000", (await corridor.CallAsync(corridor.Payment(("req_id", upload["req_id"])))).Code);
    }

    [Fact]
    public async Task EachDifference_IsHeldAgainstTheBook()
    {
        var rows = new Rows();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(rows: rows);
        Answered paid = await corridor.CallAsync(corridor.Payment());
        Answered unequal = await corridor.CallAsync(corridor.Payment());
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Unknown));
        Answered pending = await corridor.CallAsync(corridor.Payment());
        corridor.Told.Pay = _ => Task.FromResult(ClearingResult.Of(ClearingOutcome.Succeeded));
        Assert.Equal(("SUCCESS", "SUCCESS", "PENDING"), (paid["trade_status"], unequal["trade_status"], pending["trade_status"]));
        foreach (Answered one in (Answered[])[paid, unequal])
        {
            ReconRow row = Rows.Trade(0, "HKD", 8880);
            row.Number = TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes(one["trade_no"]));
            rows.Trades.Add(row);
        }
        // In the file, and not in the book.
        rows.Trades.Add(Rows.Trade(5));
        corridor.Clock.Advance(TimeSpan.FromHours(24));
        Answered later = await corridor.CallAsync(corridor.Payment());
        string hash = (await corridor.CallAsync(corridor.Download(Today)))["hash_value"];

        object[] list =
        [
            new { trade_no = paid["trade_no"], out_trade_no = paid["out_trade_no"], diff_type = "03", gw_amount = "88.80", currency = "HKD", remark = "咖啡" },
            new { trade_no = Rows.Number(5).ToString(), diff_type = "03", gw_amount = "1.00", currency = "CNY" },
            new { trade_no = unequal["trade_no"], diff_type = "04", inst_amount = "88.00", gw_amount = "88.80", currency = "HKD" },
            new { out_trade_no = "never-seen", diff_type = "02", inst_amount = "7", currency = "JPY" },
            new { out_trade_no = unequal["out_trade_no"], diff_type = "02", inst_amount = "0.10", currency = "HKD" },
            new { out_trade_no = later["out_trade_no"], diff_type = "02", inst_amount = "88.80", currency = "HKD" },
            new { out_trade_no = pending["out_trade_no"], diff_type = "02", inst_amount = "88.80", currency = "HKD" },
        ];
        const string sums = """{"HKD":{"count":"4","amount":"265.70"},"JPY":{"count":"1","amount":"7"}}""";
        Answered answer = await corridor.CallAsync(corridor.Upload(
            Today, ("recon_result", "04"), ("total_count", "5"), ("amount_summary", sums), ("file_hash", hash), ("diff_count", "7"), ("diff_list", JsonSerializer.Serialize(list))));
        Assert.Equal("0000", answer.Code);
        Assert.Equal("""["CONFIRMED","REFUTED","CONFIRMED","CONFIRMED","REFUTED","OTHER_DAY","PENDING"]""", answer["diff_check"]);
        string metrics = await corridor.MetricsTextAsync();
        Assert.Contains("hotpath_recon_uploads_total{recon_type=\"01\",recon_result=\"04\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains("hotpath_recon_differences_total{diff_type=\"02\",check=\"OTHER_DAY\"} 1", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADifference_IsAboutWhatTheFileHolds_AlsoWhereAResultWasCarriedIntoTheNextDays()
    {
        const string tomorrow = "20260920";
        var rows = new Rows();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(rows: rows);
        Answered paid = await corridor.CallAsync(corridor.Payment());
        Assert.Equal("SUCCESS", paid["trade_status"]);
        corridor.Clock.Advance(TimeSpan.FromHours(24));
        Answered todays = await corridor.CallAsync(corridor.Download(Today));
        Assert.Equal("0", todays["record_count"]);
        // It bears today, and came after today's file was made.
        ReconRow row = Rows.Trade(0, "HKD", 8880);
        row.Number = TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes(paid["trade_no"]));
        rows.Trades.Add(row);
        corridor.Clock.Advance(TimeSpan.FromHours(24));
        Answered tomorrows = await corridor.CallAsync(corridor.Download(tomorrow));
        Assert.Equal("1", tomorrows["record_count"]);

        string ours = Json(new { trade_no = paid["trade_no"], diff_type = "03", gw_amount = "88.80", currency = "HKD" });
        string theirs = Json(new { out_trade_no = paid["out_trade_no"], diff_type = "02", inst_amount = "88.80", currency = "HKD" });
        const string none = "{}";
        const string one = """{"HKD":{"count":"1","amount":"88.80"}}""";
        // The institution has it on the day that it bears, and misses it on the next: it is there.
        Assert.Equal("""["OTHER_DAY"]""", await ToldAsync(Today, todays, "02", "1", one, theirs));
        Assert.Equal("""["CONFIRMED"]""", await ToldAsync(tomorrow, tomorrows, "03", "0", none, ours));
        Assert.Equal("""["REFUTED"]""", await ToldAsync(tomorrow, tomorrows, "02", "2", """{"HKD":{"count":"2","amount":"177.60"}}""", theirs));

        static string Json(object difference) => JsonSerializer.Serialize((object[])[difference]);

        async Task<string> ToldAsync(string day, Answered file, string result, string count, string sums, string list)
        {
            Answered answer = await corridor.CallAsync(corridor.Upload(
                day, ("recon_result", result), ("total_count", count), ("amount_summary", sums), ("file_hash", file["hash_value"]), ("diff_count", "1"), ("diff_list", list)));
            Assert.Equal("0000", answer.Code);
            return answer["diff_check"];
        }
    }

    [Fact]
    public async Task ADifferenceOfRefunds_IsHeldAgainstTheRefunds()
    {
        var rows = new Rows();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(rows: rows);
        Answered paid = await corridor.CallAsync(corridor.Payment());
        Answered one = await corridor.CallAsync(corridor.Refund(paid, "30.00"));
        Answered late = await corridor.CallAsync(corridor.Refund(paid, "8.80"));
        Assert.Equal(("SUCCESS", "SUCCESS"), (one["refund_status"], late["refund_status"]));
        ReconRow row = Rows.Trade(0, "HKD", 3000);
        row.Number = TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes(one["refund_id"]));
        rows.Of(File with { Day = Rows.Day, Type = ReconType.Refund }).Add(row);
        corridor.Clock.Advance(TimeSpan.FromHours(24));
        string hash = (await corridor.CallAsync(corridor.Download(Today, ("recon_type", "02"))))["hash_value"];
        object[] list =
        [
            new { trade_no = one["refund_id"], out_trade_no = one["refund_no"], diff_type = "03", gw_amount = "30.00", currency = "HKD" },
            new { trade_no = one["refund_id"], out_trade_no = late["refund_no"], diff_type = "02", inst_amount = "1.00", currency = "HKD" },
            new { out_trade_no = late["refund_no"], trade_no = late["refund_id"], diff_type = "04", inst_amount = "8.00", gw_amount = "8.80", currency = "HKD" },
            new { out_trade_no = one["refund_no"], diff_type = "02", inst_amount = "1.00", currency = "HKD" },
            new { trade_no = paid["trade_no"], diff_type = "02", inst_amount = "2.00", currency = "HKD" },
        ];
        Answered answer = await corridor.CallAsync(corridor.Upload(
            Today, ("recon_type", "02"), ("recon_result", "04"), ("total_count", "3"), ("amount_summary", """{"HKD":{"count":"3","amount":"3.20"}}"""), ("file_hash", hash),
            ("diff_count", "5"), ("diff_list", JsonSerializer.Serialize(list))));
        Assert.Equal(("0000", """["CONFIRMED","CONFIRMED","OTHER_DAY","REFUTED","CONFIRMED"]"""), (answer.Code, answer["diff_check"]));
    }

    [Theory]
    [InlineData("2999010100000000000700000000")] // beyond the last number that this form holds
    [InlineData("2026023000000000000700000000")] // no day
    [InlineData("0000000000000000000000000000")]
    [InlineData("2026091900000000200700000000")] // one of ours, of nobody
    public async Task ATradeNoThatIsNobodys_IsNotMadeGoodByTheOrderNumberBesideIt(string tradeNo)
    {
        var rows = new Rows();
        await using TestCorridor corridor = await TestCorridor.OpenAsync(rows: rows);
        Answered paid = await corridor.CallAsync(corridor.Payment());
        ReconRow row = Rows.Trade(0, "HKD", 8880);
        row.Number = TradeNo.Parse(System.Text.Encoding.ASCII.GetBytes(paid["trade_no"]));
        rows.Trades.Add(row);
        corridor.Clock.Advance(TimeSpan.FromHours(24));
        string hash = (await corridor.CallAsync(corridor.Download(Today)))["hash_value"];
        object[] list =
        [
            new { trade_no = tradeNo, out_trade_no = paid["out_trade_no"], diff_type = "02", inst_amount = "88.80", currency = "HKD" },
            new { trade_no = tradeNo, out_trade_no = paid["out_trade_no"], diff_type = "03", gw_amount = "88.80", currency = "HKD" },
            new { trade_no = paid["trade_no"], out_trade_no = paid["out_trade_no"], diff_type = "03", gw_amount = "88.80", currency = "HKD" },
        ];
        // The last row is there twice by its order number: once alone, once with the other.
        foreach ((object[] some, string told, string count) in ((object[], string, string)[])[(list[..2], """["CONFIRMED","REFUTED"]""", "1"), (list[2..], """["CONFIRMED"]""", "0")])
        {
            string sums = count == "1" ? """{"HKD":{"count":"1","amount":"88.80"}}""" : "{}";
            Answered answer = await corridor.CallAsync(corridor.Upload(
                Today, ("recon_result", count == "1" ? "04" : "03"), ("total_count", count), ("amount_summary", sums), ("file_hash", hash), ("diff_count", $"{some.Length}"),
                ("diff_list", JsonSerializer.Serialize(some))));
            Assert.Equal(("0000", told), (answer.Code, answer["diff_check"]));
        }
    }

    public static TheoryData<string, string, string> Impossible => new()
    {
        // More than 64 bits of them.
        { "amount_summary", $$"""{{{string.Join(',', Ten.Select(code => $$"""
            "{{code}}":{"count":"999999999999999999","amount":"1"}
            """))}}}""", "C003 total_count" },
        { "recon_result", "02", "C003 recon_result" }, // differences, and none are told
        { "diff_count", "1", "C003 recon_result" }, // balanced, and one is told
        { "total_count", "1", "C003 total_count" },
        { "total_count", "02", "C002 total_count" },
        { "total_count", "-1", "C002 total_count" },
        { "file_hash", new string('0', 64), "C003 file_hash" },
        { "file_hash", new string('A', 64), "C002 file_hash" },
        { "recon_result", "05", "C003 recon_result" },
        { "recon_type", "03", "C003 recon_type" },
        { "amount_summary", """{"CNY":{"count":"1","amount":"1.01"},"JPY":{"count":"1","amount":"500"}}""", "C003 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"2","amount":"1.00"}}""", "C003 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"1","amount":"1.00"},"XXQ":{"count":"1","amount":"500"}}""", "C003 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"1","amount":"1.00","x":"1"},"JPY":{"count":"1","amount":"500"}}""", "C003 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"1","amount":"1.00"},"CNY":{"count":"1","amount":"500"}}""", "C002 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"1","count":"1","amount":"1.00"}}""", "C002 amount_summary" },
        { "amount_summary", """{"CNY":{"count":1,"amount":"1.00"}}""", "C002 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"01","amount":"1.00"}}""", "C002 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"1","amount":"1.005"}}""", "C002 amount_summary" },
        { "amount_summary", """{"CNY":{"count":"1","amount":"1e9"}}""", "C002 amount_summary" },
        { "amount_summary", """{"CNY":{"amount":"1.00"}}""", "C002 amount_summary" },
        { "amount_summary", """{"cny":{"count":"1","amount":"1.00"}}""", "C002 amount_summary" },
        { "amount_summary", "{}{}", "C002 amount_summary" },
        { "amount_summary", "[]", "C002 amount_summary" },
        { "amount_summary", "{\"\\ud800\":{}}", "C002 amount_summary" },
        { "diff_list", "{}", "C002 diff_list" },
        { "diff_list", "[[]]", "C002 diff_list" },
        { "diff_list", "[{}]", "C002 diff_list" },
        { "diff_list", "[] []", "C002 diff_list" },
        { "diff_list", "[", "C002 diff_list" },
        { "diff_list", """[{"trade_no":"1","diff_type":"03","gw_amount":"1","currency":"CNY"}]""", "C002 diff_list" },
        { "diff_list", """[{"out_trade_no":"a b","diff_type":"02","inst_amount":"1","currency":"CNY"}]""", "C002 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1.001","currency":"CNY"}]""", "C002 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1","currency":"CN"}]""", "C002 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","out_trade_no":"a","diff_type":"02","inst_amount":"1","currency":"CNY"}]""", "C002 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":1,"currency":"CNY"}]""", "C002 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1","currency":"CNY","remark":""}]""", "C002 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1","currency":"CNY","x":"y"}]""", "C003 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"01","inst_amount":"1","currency":"CNY"}]""", "C003 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"0","currency":"CNY"}]""", "C003 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1","gw_amount":"1","currency":"CNY"}]""", "C003 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1","currency":"XXQ"}]""", "C003 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1","currency":"CNY"},{"out_trade_no":"a","diff_type":"02","inst_amount":"2","currency":"CNY"}]""", "C003 diff_list" },
        { "diff_list", """[{"trade_no":"2026091900000000200700000000","diff_type":"04","inst_amount":"1","gw_amount":"1.00","currency":"CNY"}]""", "C003 diff_list" },
        { "diff_list", """[{"out_trade_no":"a","diff_type":"02","inst_amount":"1","currency":"CNY"}]""", "C003 diff_count" }, // counted as none
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task AResultThatCannotBe_IsRefused_AndKeepsNothing(string member, string value, string expected)
    {
        await using TestCorridor corridor = await OpenAsync();
        Dictionary<string, string> upload = corridor.Upload(Yesterday, [.. await Balanced(corridor), (member, value)]);
        Answered answer = await corridor.CallAsync(upload);
        Assert.Equal(expected, $"{answer.Code} {answer["resp_msg"].Split(": ")[^1]}");
        Assert.Equal(0, corridor.Recon!.Uploads.Versions(File));
        // Its req_id is free.
        foreach ((string name, string balanced) in await Balanced(corridor))
        {
            upload[name] = balanced;
        }
        upload["recon_type"] = "01";
        upload.Remove("diff_list");
        Assert.Equal("0000", (await corridor.CallAsync(upload)).Code);
    }

    [Theory]
    [InlineData("02", "03")]
    [InlineData("03", "02")]
    public async Task AResultOfOneKind_HasNoDifferencesOfAnother(string result, string type)
    {
        await using TestCorridor corridor = await OpenAsync();
        string amount = type == "02" ? "inst_amount" : "gw_amount";
        string row = $$"""[{"trade_no":"2026091800000000200700000000","out_trade_no":"a","diff_type":"{{type}}","{{amount}}":"1","currency":"CNY"}]""";
        Answered answer = await corridor.CallAsync(corridor.Upload(Yesterday, [.. await Balanced(corridor), ("recon_result", result), ("diff_count", "1"), ("diff_list", row)]));
        Assert.Equal("C003", answer.Code);
        Assert.EndsWith(": diff_list", answer["resp_msg"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AResultBeforeItsFileIsReady_IsB012()
    {
        await using TestCorridor corridor = await OpenAsync();
        Assert.Equal("B012", (await corridor.CallAsync(corridor.Upload(Today, await Balanced(corridor)))).Code);
    }

    private static async Task<TestCorridor> OpenAsync()
    {
        var rows = new Rows();
        rows.Of(File).AddRange([Rows.Trade(-90_000, "JPY", 500), Rows.Trade(-80_000)]);
        return await TestCorridor.OpenAsync(rows: rows);
    }

    private static async Task<(string Name, string Value)[]> Balanced(TestCorridor corridor)
    {
        Answered file = await corridor.CallAsync(corridor.Download(Yesterday));
        return
        [
            ("recon_result", "01"), ("total_count", file["record_count"]), ("amount_summary", file["amount_summary"]), ("file_hash", file["hash_value"]), ("diff_count", "0"),
        ];
    }
}
