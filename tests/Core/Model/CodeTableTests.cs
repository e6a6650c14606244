using System.Text;
using HotPath.Core.Model;
using HotPath.Core.Tests.Architecture;
using Xunit;

namespace HotPath.Core.Tests.Model;

/// <summary>What integrators read and what the gateway says are one table.</summary>
public class CodeTableTests
{
    [Fact]
    public void EveryCode_IsDocumentedWithItsTextsAndItsRetryClass()
    {
        string[] documented = [.. File.ReadLines(Path.Combine(Checkout.Root, "docs", "protocol.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == 7 && cells[1].Length == 4 && cells[1] != "code")
            .Select(cells => $"{cells[1]} {cells[2]} {cells[3]} {cells[5]}")];
        string[] spoken = [.. RespCodes.All.Select(code =>
            $"{RespCodes.Label(code)} {Text(RespCodes.Message(code, Language.Chinese))} {Text(RespCodes.Message(code, Language.English))} {Word(RespCodes.Retry(code))}")];
        Assert.Equal(spoken.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static string Word(RetryClass retry) => retry switch
    {
        RetryClass.SameReqId => "same req_id",
        RetryClass.QueryFirst => "query first",
        _ => "never",
    };
}
