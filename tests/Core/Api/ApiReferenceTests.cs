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
/// docs/api is what the code says: regenerated here and compared. <c>./dev api</c> runs the same with HOTPATH_API_WRITE=1, which writes instead. A new interface
/// or member appears by itself; its words go into Words.cs, an answer's new member into AnswerMembers.cs, a call of it into ApiExamples.cs.
/// </summary>
public sealed class ApiReferenceTests
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "docs", "api");
    private static readonly bool IsWriting = Environment.GetEnvironmentVariable("HOTPATH_API_WRITE") == "1";

    [Fact]
    public async Task Reference_OpenApiAndExamples_AreWhatTheCodeSays()
    {
        string file = Path.Combine(Folder, "examples.json");
        string json = ApiExamples.ToJson(await ApiExamples.RunAsync(), ApiExamples.Read(file));
        List<ApiExample> examples = JsonSerializer.Deserialize<List<ApiExample>>(json)!;
        Agree("examples.json", json);
        Agree("reference.en.md", new ApiMarkdown(isChinese: false, examples).Write());
        Agree("reference.zh.md", new ApiMarkdown(isChinese: true, examples).Write());
        Agree("openapi.json", new ApiOpenApi(examples).Write());
    }

    [Fact]
    public void Examples_AreSignedByTheDemoKeysTheyComeWith()
    {
        using RSA institution = Key("demo-institution.public.pem");
        using RSA gateway = Key("demo-gateway.public.pem");
        List<ApiExample> examples = ApiExamples.Read(Path.Combine(Folder, "examples.json"));
        Assert.NotEmpty(examples);
        foreach (ApiExample example in examples)
        {
            Assert.Equal(example.Answer["resp_code"] != "D001", IsSigned(example.Request, institution));
            Assert.True(IsSigned(example.Answer, gateway), example.Title);
        }
    }

    [Fact]
    public void Answers_HaveNoMemberThatTheTableDoesNotKnow_AndKeepToItsForms()
    {
        string[] laidOut = [.. typeof(AnswerBuffer).GetNestedType("Names", BindingFlags.NonPublic)!.GetFields(BindingFlags.Static | BindingFlags.NonPublic)
            .Select(field => Encoding.ASCII.GetString((byte[])field.GetValue(null)!))];
        Assert.NotEmpty(laidOut);
        Assert.All(laidOut, name => AnswerMembers.Find(name));

        var shown = new HashSet<string>();
        foreach (ApiExample example in ApiExamples.Read(Path.Combine(Folder, "examples.json")))
        {
            string[] known = [.. AnswerMembers.Always, .. AnswerMembers.Echoed, .. AnswerMembers.Of(example.BizType)];
            Assert.All(AnswerMembers.Always, name => Assert.Contains(name, example.Answer.Keys));
            foreach ((string name, string value) in example.Answer)
            {
                Assert.Contains(name, known);
                AnswerMember member = AnswerMembers.Find(name);
                int min = member.Form == MemberForm.Digits ? member.Max : 1;
                var rule = new MemberRule(Member.None, name, member.Form, min, member.Max == 0 ? int.MaxValue : member.Max, default, member.Values);
                // An amount of nothing is no request, and may be an answer.
                bool isFine = MemberCheck.Check(rule, Encoding.UTF8.GetBytes(value)) == RespCode.None || (member.Form == MemberForm.Amount && decimal.TryParse(value, out _));
                Assert.True(isFine, $"{name}={value}");
                shown.Add(example.BizType + " " + name);
            }
        }
        // Each interface is shown with everything that it can say, or the table says too much.
        foreach (BizType type in BizTypes.All)
        {
            string bizType = Encoding.ASCII.GetString(BizTypes.Name(type));
            Assert.All(
                AnswerMembers.Of(bizType).Where(name => name is not ("fail_code" or "snapshot_no")), name => Assert.Contains(bizType + " " + name, shown));
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
        Assert.True(written == text, $"docs/api/{name} is not what the code says: run ./dev api, and read what has changed. {FirstDifference(written, text)}");
    }

    private static string FirstDifference(string written, string text)
    {
        string[] old = written.Split('\n');
        string[] now = text.Split('\n');
        int line = Enumerable.Range(0, Math.Min(old.Length, now.Length)).FirstOrDefault(i => old[i] != now[i], Math.Min(old.Length, now.Length));
        return $"Line {line + 1}: '{(line < old.Length ? old[line] : "")}' should be '{(line < now.Length ? now[line] : "")}'";
    }
}
