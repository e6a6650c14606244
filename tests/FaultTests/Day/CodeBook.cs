using HotPath.Core.Model;
using HotPath.Faults.Checking;
using Xunit;

namespace HotPath.Faults.Tests.Day;

/// <summary>Which step of the day produced which code first, seen from outside.</summary>
internal sealed class CodeBook
{
    private readonly SortedDictionary<string, string> _first = new(StringComparer.Ordinal);

    /// <summary>A code that this step is there to produce; fails the test when it is another.</summary>
    internal Call Expect(string code, string step, Call call)
    {
        Assert.True(call.IsVerified, $"{step}: no verified answer (HTTP {call.Status})");
        Assert.True(call.Code == code, $"{step}: {call.Code} {call.Told("resp_msg")} where {code} was to be");
        _first.TryAdd(code, step);
        return call;
    }

    /// <summary>Codes of the table that no step has produced.</summary>
    internal IEnumerable<string> Missing => RespCodes.All.Select(RespCodes.Label).Where(code => !_first.ContainsKey(code));

    internal string Text => string.Join('\n', _first.Select(row => $"{row.Key} {row.Value}"));
}
