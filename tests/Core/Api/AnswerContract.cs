using System.Text;
using HotPath.Core.Model;
using Xunit;

namespace HotPath.Core.Tests.Api;

/// <summary>
/// What the reference promises of every answer, asked of every answer that any test of the corridor gets: so it is true of more than its examples.
/// </summary>
internal static class AnswerContract
{
    internal static void Holds(IReadOnlyDictionary<string, string> answer)
    {
        BizType type = answer.TryGetValue("biz_type", out string? name) ? BizTypes.Parse(Encoding.ASCII.GetBytes(name)) : BizType.None;
        Shown[] own = type == BizType.None ? [] : AnswerMembers.Of(type);
        Holds(type, answer, AnswerMembers.Always, AnswerMembers.Echoed, own);
        // All of them or none, and all with 0000 and 0001.
        bool isAbout = own.Length > 0 && answer.ContainsKey(own[0].Name);
        Assert.True(isAbout || answer["resp_code"] is not ("0000" or "0001"), $"{name} {answer["resp_code"]} says nothing");
        Assert.All(own.Where(member => !isAbout || member.Only is null), member => Assert.Equal(isAbout, answer.ContainsKey(member.Name)));
        Assert.True(!answer.ContainsKey("fail_code") || answer.GetValueOrDefault(type == BizType.RefundQuery ? "refund_status" : "trade_status", "") == "FAILED", "fail_code of what has not FAILED");
    }

    /// <summary>A message with these members always, these perhaps, these of its own, and no other; each in its form.</summary>
    internal static void Holds(BizType type, IReadOnlyDictionary<string, string> message, string[] always, string[] perhaps, Shown[] own)
    {
        Assert.All(always, name => Assert.Contains(name, message.Keys));
        foreach ((string name, string value) in message)
        {
            Assert.Contains(name, own.Select(member => member.Name).Concat(always).Concat(perhaps));
            Assert.True(AnswerMembers.Find(type, name).Allows(Encoding.UTF8.GetBytes(value)), $"{name}={value}");
        }
    }
}
