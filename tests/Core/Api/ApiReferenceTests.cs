using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HotPath.Core.Model;
using HotPath.Core.Tests.Architecture;
using HotPath.Core.Wire;
using Xunit;

namespace HotPath.Core.Tests.Api;

/// <summary>
/// docs/api is what the code says: made here and compared, byte for byte. <c>./dev api</c> runs the same with HOTPATH_API_WRITE=1, which writes instead.
/// </summary>
public sealed class ApiReferenceTests : IClassFixture<ApiReferenceTests.Made>
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "docs", "api");
    private static readonly bool IsWriting = Environment.GetEnvironmentVariable("HOTPATH_API_WRITE") == "1";

    private readonly ApiExamples _examples;

    public ApiReferenceTests(Made made)
    {
        _examples = made.Examples;
    }

    [Fact]
    public void Examples_AreWhatTheGatewayAnswers() => Agree("examples.json", ApiExamples.ToJson(_examples) + "\n");

    [Theory]
    [InlineData("reference.en.md", false)]
    [InlineData("reference.zh.md", true)]
    public void Reference_IsWhatTheTablesSay(string name, bool isChinese)
    {
        string page = File.ReadAllText(Path.Combine(Folder, name));
        Assert.Equal(ApiBlocks.Names.Order(StringComparer.Ordinal), ApiBlocks.In(page).Order(StringComparer.Ordinal));
        Agree(name, new ApiBlocks(isChinese, _examples).Fill(page));
    }

    [Fact]
    public void OpenApi_IsWhatTheTablesSay() => Agree("openapi.json", new ApiOpenApi(_examples).Write());

    [Fact]
    public void Cases_AreWhatTheReaderSays() => Agree("../../tests/OpenApi/cases.json", ApiCases.Make().ToJson());

    [Fact]
    public void Members_AreRequired_WhereTheReferenceSaysSo()
    {
        ApiCases cases = ApiCases.Make();
        Assert.All(cases.Requests, request => Assert.Equal("OK", ApiCases.Judge(request.Value)));
        foreach (BizType type in BizTypes.All)
        {
            string name = Encoding.ASCII.GetString(BizTypes.Name(type));
            Needs needs = Needs.Of(type);
            foreach (Member member in needs.Required)
            {
                string wire = MemberTable.Rule(member).Name;
                Assert.Contains(cases.Cases, one => one.Of == name && one.Member == wire && one.Value is null && one.Says == "C001 " + wire);
            }
            // With the common members and one of the ways, nothing else is missed.
            foreach (Member[] way in needs.Ways.DefaultIfEmpty([]))
            {
                Dictionary<string, string> all = cases.Requests.Where(request => request.Key.Split(' ')[0] == name).SelectMany(request => request.Value)
                    .DistinctBy(member => member.Key).ToDictionary();
                IEnumerable<string> least = MemberTable.CommonRequired.Concat(needs.Required).Concat(way).Select(member => MemberTable.Rule(member).Name);
                Assert.Equal("OK", ApiCases.Judge(least.ToDictionary(member => member, member => all[member])));
            }
        }
    }

    [Fact]
    public void Examples_AreSignedByTheDemoKeysTheyComeWith()
    {
        using RSA institution = Key("demo-institution.public.pem");
        using RSA gateway = Key("demo-gateway.public.pem");
        ApiExamples written = ApiExamples.Read(Path.Combine(Folder, "examples.json"));
        Assert.All(written.Calls, call => Assert.Equal(call.Code != "D001", IsSigned(call.Request, institution)));
        Assert.All(written.Calls, call => Assert.True(IsSigned(call.Answer, gateway), call.Title));
        Assert.All(written.Notifications, notice => Assert.True(IsSigned(notice.Message, gateway), notice.Title));
    }

    [Fact]
    public void Examples_ShowEveryInterface_EveryMemberOfItsRequestAndAnswer_AndNoOther()
    {
        foreach (BizType type in BizTypes.All)
        {
            List<ApiExample> calls = _examples.Calls.FindAll(call => call.Type == type);
            Shown[] own = AnswerMembers.Of(type);
            Assert.Equal(
                AnswerMembers.Always.Concat(AnswerMembers.Echoed).Concat(own.Select(member => member.Name)).Order(StringComparer.Ordinal),
                calls.SelectMany(call => call.Answer.Keys).Distinct().Order(StringComparer.Ordinal));
            string[] asked = [.. MemberTable.Of(type).ToArray().Select(member => MemberTable.Rule(member).Name).Except(NotShown)];
            Assert.Equal(asked.Order(), asked.Intersect(calls.SelectMany(call => call.Request.Keys)).Order());
            foreach (ApiExample call in calls)
            {
                KeepsToTheTable(type, call.Answer, AnswerMembers.Always, own, isAbout: call.Answer.ContainsKey(own[0].Name));
                Assert.True(call.Code is not ("0000" or "0001") || call.Answer.ContainsKey(own[0].Name));
            }
        }
    }

    [Fact]
    public void Notifications_HaveTheMembersOfTheQuery_AndTheirOwn()
    {
        foreach (NotifyType type in (NotifyType[])[NotifyType.Trade, NotifyType.Refund])
        {
            string name = Encoding.ASCII.GetString(new NotifyId(type, default).TypeName);
            List<ApiNotice> sent = _examples.Notifications.FindAll(notice => notice.Message["notify_type"] == name);
            Assert.NotEmpty(sent);
            BizType query = AnswerMembers.QueryOf(type);
            Assert.All(sent, notice => KeepsToTheTable(query, notice.Message, AnswerMembers.OfNotifications, AnswerMembers.Of(query), isAbout: true));
        }
    }

    [Fact]
    public void Answers_HaveNoNameThatTheTableLacks()
    {
        string[] laidOut = [.. typeof(AnswerBuffer).GetNestedType("Names", BindingFlags.NonPublic)!.GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Select(field => Encoding.ASCII.GetString((byte[])field.GetValue(null)!))];
        IEnumerable<string> documented = BizTypes.All.SelectMany(AnswerMembers.Of).Select(member => member.Name)
            .Concat(AnswerMembers.Always).Concat(AnswerMembers.Echoed).Concat(AnswerMembers.OfNotifications);
        Assert.Equal(documented.Distinct().Order(StringComparer.Ordinal), laidOut.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void RowsOfATradeList_AreTradeQuerysAnswer()
    {
        Shown[] own = AnswerMembers.Of(BizType.TradeQuery);
        Dictionary<string, string>[] rows = [.. _examples.Calls.Where(call => call.Answer.ContainsKey("trade_list"))
            .SelectMany(call => JsonSerializer.Deserialize<Dictionary<string, string>[]>(call.Answer["trade_list"])!)];
        Assert.NotEmpty(rows);
        Assert.All(rows, row => KeepsToTheTable(BizType.TradeQuery, row, [], own, isAbout: true));
    }

    // What a payment shows with one way of asking cannot be in it with another.
    private static readonly string[] NotShown = ["trade_no_list", "trade_status"];

    private static void KeepsToTheTable(BizType type, IReadOnlyDictionary<string, string> members, string[] always, Shown[] own, bool isAbout)
    {
        Assert.All(always, name => Assert.Contains(name, members.Keys));
        Assert.All(own.Where(member => member.Only is null), member => Assert.Equal(isAbout, members.ContainsKey(member.Name)));
        foreach ((string name, string value) in members)
        {
            Assert.Contains(name, own.Select(member => member.Name).Concat(always).Concat(AnswerMembers.Echoed));
            Assert.True(AnswerMembers.Find(type, name).Allows(Encoding.UTF8.GetBytes(value)) || name == "sign", $"{name}={value}");
        }
    }

    private static bool IsSigned(IReadOnlyDictionary<string, string> members, RSA key) => key.VerifyData(
        Encoding.UTF8.GetBytes(ApiExamples.SigningString(members)), Convert.FromBase64String(members["sign"]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static RSA Key(string file)
    {
        var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(Folder, "keys", file)));
        return key;
    }

    private static void Agree(string name, string text)
    {
        string file = Path.Combine(Folder, name);
        if (IsWriting)
        {
            File.WriteAllText(file, text);
            return;
        }
        string written = File.Exists(file) ? File.ReadAllText(file) : "";
        Assert.True(written == text, $"{name} is not what the code says: run ./dev api, and read what has changed. {FirstDifference(written, text)}");
    }

    private static string FirstDifference(string written, string text)
    {
        string[] old = written.Split('\n');
        string[] now = text.Split('\n');
        int line = Enumerable.Range(0, Math.Min(old.Length, now.Length)).FirstOrDefault(i => old[i] != now[i], Math.Min(old.Length, now.Length));
        return $"Line {line + 1}: '{(line < old.Length ? old[line] : "")}' should be '{(line < now.Length ? now[line] : "")}'";
    }

    /// <summary>The calls are made once for all tests.</summary>
    public sealed class Made : IAsyncLifetime
    {
        internal ApiExamples Examples { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            string file = Path.Combine(Folder, "examples.json");
            ApiExamples now = await ApiExamples.RunAsync();
            Examples = File.Exists(file) ? now.Keeping(ApiExamples.Read(file)) : now;
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
