using HdrHistogram;
using HotPath.LoadTest.Measuring;
using HotPath.LoadTest.Running;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class SloTests
{
    [Theory]
    [InlineData(3000, true)]
    [InlineData(3010, false)]
    public void Max_AtItsLimitIsKept_AboveIsABreach(int ms, bool isKept) =>
        Assert.Equal(isKept, Verdict("""{"interfaces":{"pay":{"max_ms":3000}}}""", [1, ms]).IsKept);

    [Theory]
    [InlineData(499, true)]
    [InlineData(502, false)]
    public void Average_IsOfAllPayments(int ms, bool isKept) =>
        Assert.Equal(isKept, Verdict("""{"interfaces":{"pay":{"average_ms":500}}}""", [2, (2 * ms) - 2]).IsKept);

    [Theory]
    [InlineData("50", true)]
    [InlineData("99.9", false)]
    public void Percentile_IsCheckedWhereTheFileSaysSo(string percentile, bool isKept) =>
        Assert.Equal(isKept, Verdict("""{"interfaces":{"pay":{"percentiles_ms":{"P":100}}}}""".Replace("P", percentile, StringComparison.Ordinal), [1, 2, 3, 500]).IsKept);

    [Theory]
    [InlineData("0000", true)]
    [InlineData("A001", false)]
    public void Codes_OthersThanAllowed_AreABreach(string code, bool isKept) =>
        Assert.Equal(isKept, Verdict("""{"allowed_codes":["0000","0001"]}""", [1], code).IsKept);

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Throughput_CountsOutcomesOnly(int least, bool isKept)
    {
        Slo slo = Slo.Parse($$"""{"least_per_second":{{least}}}""", "test");

        SloVerdict verdict = Assert.Single(SloCheck.Of(slo, Measured([], new() { ["0000"] = 90, ["B003"] = 10, ["A001"] = 500 }, offered: 600, seconds: 10)));

        Assert.Equal(isKept, verdict.IsKept);
    }

    [Theory]
    [InlineData("0.25", true)]
    [InlineData("0.24", false)]
    public void ErrorShare_CountsWhatToldNoOutcome_AndWhatGotNoAnswer(string most, bool isKept)
    {
        Slo slo = Slo.Parse($$"""{"largest_error_share":{{most}}}""", "test");

        SloVerdict verdict = Assert.Single(SloCheck.Of(slo, Measured([], new() { ["0000"] = 75, ["HTTP 429"] = 20, [RunRecord.NoAnswer] = 5 }, offered: 100)));

        Assert.Equal(isKept, verdict.IsKept);
    }

    [Fact]
    public void InterfaceThatNobodyCalled_IsNeitherKeptNorBreached()
    {
        Slo slo = Slo.Parse("""{"interfaces":{"refund":{"max_ms":5000}}}""", "test");

        Assert.Null(Assert.Single(SloCheck.Of(slo, Measured([1], []))).IsKept);
    }

    [Fact]
    public void RunWithoutAnArrival_KeepsNoLimit()
    {
        Slo slo = Slo.Parse("""{"interfaces":{"pay":{"max_ms":1}},"allowed_codes":["0000"],"largest_error_share":0.5,"least_per_second":1}""", "test");

        IReadOnlyList<SloVerdict> verdicts = SloCheck.Of(slo, Measured([], [], offered: 0));

        Assert.Equal(4, verdicts.Count);
        Assert.All(verdicts, static verdict => Assert.Null(verdict.IsKept));
    }

    [Fact]
    public void FileOfChapter61_RunThatIsRefused_IsABreach()
    {
        var slo = Slo.Read(Path.Combine(AppContext.BaseDirectory, "slo", "spec-6.1.json"));
        RunRecord record = Lanes.Of(("0000", 980), ("HTTP 429", 20)).Record;
        var latencies = new Dictionary<string, LongHistogram> { ["pay"] = record.FromIntended };

        IReadOnlyList<SloVerdict> limits = SloCheck.Of(slo, new SloMeasured(latencies, record.Codes, record.Offered, 1));

        Assert.Equal(Verdicts.Breach, Verdicts.On(record, new AnswerCheck(null, 1), limits).Verdict);
    }

    [Fact]
    public void FileOfChapter61_SaysWhatTheChapterSays()
    {
        var slo = Slo.Read(Path.Combine(AppContext.BaseDirectory, "slo", "spec-6.1.json"));

        Assert.Equal(0.01, slo.LargestErrorShare);
        Assert.Equal(
            [("pay", 500, 3000), ("query", 300, 2000), ("refund", 500, 5000), ("reconciliation", 1000, 10_000)],
            slo.Interfaces.Select(static pair => (pair.Key, pair.Value.AverageMs, pair.Value.MaxMs)).Select(static row => (row.Key, (int)row.AverageMs!, (int)row.MaxMs!)));
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[]", "Slo")]
    [InlineData("null", "object")]
    [InlineData("""{"larges_error_share":0}""", "larges_error_share")]
    [InlineData("""{"interfaces":{"pay":{"maximum":1}}}""", "maximum")]
    [InlineData("""{"interfaces":{"pey":{"max_ms":1}}}""", "pey")]
    [InlineData("""{"interfaces":{"pay":{"max_ms":0}}}""", "above zero")]
    [InlineData("""{"interfaces":{"pay":{"max_ms":"soon"}}}""", "max_ms")]
    [InlineData("""{"interfaces":{"pay":null}}""", "pay")]
    [InlineData("""{"interfaces":{"pay":{"percentiles_ms":{"101":5}}}}""", "101")]
    [InlineData("""{"largest_error_share":2}""", "largest_error_share")]
    [InlineData("""{"least_per_second":1,"least_per_second":2}""", "least_per_second")]
    public void File_ThatIsNotAListOfLimits_IsRefused_AndSaysWhere(string text, string named)
    {
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => Slo.Parse(text, "limits.json"));

        Assert.StartsWith("limits.json: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Breach_IsExit5_ButAMismatchOrALateGeneratorGoesBefore()
    {
        SloVerdict[] limits = [new("pay max", "1 ms", "2 ms", false)];
        RunRecord fine = Lanes.Of(("0000", 1)).Record;
        var check = new AnswerCheck(null, 1);
        var late = new RunRecord();
        late.Sent(6_000_000);
        var wrong = new RunRecord();
        wrong.Mismatch("another answer");

        Assert.Equal(0, Verdicts.ExitCodeOf(Verdicts.On(fine, check).Verdict));
        Assert.Equal(5, Verdicts.ExitCodeOf(Verdicts.On(fine, check, limits).Verdict));
        Assert.Equal(4, Verdicts.ExitCodeOf(Verdicts.On(late, check, limits).Verdict));
        Assert.Equal(1, Verdicts.ExitCodeOf(Verdicts.On(wrong, check, limits).Verdict));
    }

    private static SloVerdict Verdict(string slo, int[] payMs, string code = "0000") =>
        Assert.Single(SloCheck.Of(Slo.Parse(slo, "test"), Measured(payMs, new() { [code] = payMs.Length })));

    private static SloMeasured Measured(int[] payMs, Dictionary<string, long> codes, long offered = 1, double seconds = 1)
    {
        var latencies = new LongHistogram(3_600_000_000, 3);
        foreach (int ms in payMs)
        {
            latencies.RecordValue(ms * 1000L);
        }
        return new SloMeasured(new Dictionary<string, LongHistogram> { ["pay"] = latencies }, codes, offered, seconds);
    }
}
