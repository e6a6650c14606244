using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using CsCheck;
using HotPath.Core.Wire;
using Xunit;
using Xunit.Abstractions;

namespace HotPath.Core.Tests.Wire.Fuzz;

/// <summary>
/// What was signed is what is used is what is echoed, whatever comes (F29 to F32, F67). A failure prints its smallest case and a seed;
/// <c>CsCheck_Seed=… ./dev fuzz</c> repeats it.
/// </summary>
[Trait("Category", "Fuzz")]
[Collection(nameof(WholeMachine))]
public sealed class ReaderFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Refusals = ["C001", "C002", "C003"];

    // Bodies.
    private static readonly int Cases = FuzzCases.Or(10_000);

    [Fact]
    public void Reader_AgreesWithAStrictDocument_OnEveryBody()
    {
        var codes = new ConcurrentDictionary<string, int>();
        using var rigs = new ThreadLocal<ReaderRig>(() => new ReaderRig(), trackAllValues: true);
        RequestGen.Cases.Sample(
            both =>
            {
                (string first, string second) = rigs.Value!.Serve(both);
                codes.AddOrUpdate(first, 1, (_, count) => count + 1);
                codes.AddOrUpdate(second, 1, (_, count) => count + 1);
            },
            iter: Cases / 2);
        foreach (ReaderRig rig in rigs.Values)
        {
            rig.Dispose();
        }
        output.WriteLine($"{codes.Values.Sum()} bodies: {string.Join(", ", codes.OrderBy(code => code.Key).Select(code => $"{(code.Key.Length == 0 ? "accepted" : code.Key)} {code.Value}"))}");
        // A generator that made only one kind of body would find nothing and look fine.
        Assert.InRange(codes[""] * 100 / Cases, 20, 60);
        Assert.All(Refusals, code => Assert.True(codes[code] * 100 / Cases >= 1, code));
    }

    public static TheoryData<string, string> Heavy => new()
    {
        { "nesting", string.Concat(Enumerable.Repeat("{\"a\":", BodyLimits.Ordinary / 5)) },
        { "arrays", new string('[', BodyLimits.Ordinary) },
        { "names", "{" + string.Join(",", Enumerable.Range(0, 1300).Select(i => $"\"{i}\":\"1\"")) + "}" },
        { "one name twice", "{" + string.Join(",", Enumerable.Repeat("\"aaaa\":\"b\"", 1400)) + "}" },
        { "a long name", "{\"" + new string('a', 16_000) + "\":\"1\"}" },
        { "a long escaped name", "{\"" + string.Concat(Enumerable.Repeat("\\u0061", 2700)) + "\":\"1\"}" },
        { "a long escaped value", "{\"body\":\"" + string.Concat(Enumerable.Repeat("\\ud83d\\ude00", 1360)) + "\"}" },
        { "a long value of C2", "{\"body\":\"" + string.Concat(Enumerable.Repeat("\u00a0", 8000)) + "\"}" },
        { "long unknown names", "{" + string.Join(",", Enumerable.Range(0, 16).Select(i => $"\"{new string('a', 990)}{i:D2}\":\"1\"")) + "}" },
        { "white space", "{" + new string(' ', 16_000) + "}" },
        { "backslashes", "{\"body\":\"" + new string('\\', 16_000) + "\"}" },
        { "a number", "{\"body\":" + new string('9', 16_000) + "}" },
    };

    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(5);

    /// <summary>16 KiB of the worst is read in microseconds; what is more than linear takes many milliseconds.</summary>
    [Theory]
    [MemberData(nameof(Heavy))]
    public void TheWorstBody_IsRefusedAtOnce(string name, string json)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        var slot = new RequestSlot();
        TimeSpan best = TimeSpan.MaxValue;
        // What disturbs the machine is over in one of so many rounds; what is more than linear is so in each.
        for (int round = 0; round < 1_000 && (round < 10 || best >= AtOnce); round++)
        {
            slot.Clear();
            body.CopyTo(slot.BodyBuffer);
            slot.SetBody(body.Length);
            long begin = Stopwatch.GetTimestamp();
            Assert.True(RequestReader.Read(slot).IsRefusal, name);
            TimeSpan took = Stopwatch.GetElapsedTime(begin);
            best = took < best ? took : best;
        }
        Assert.True(best < AtOnce, $"{name}: {best.TotalMilliseconds:F3} ms");
    }
}
