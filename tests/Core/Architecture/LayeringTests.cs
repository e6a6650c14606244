using System.Text.RegularExpressions;
using Xunit;

namespace HotPath.Core.Tests.Architecture;

/// <summary>The rules of ARCHITECTURE.md and CONTRIBUTING.md that a reader cannot be asked to check.</summary>
public partial class LayeringTests
{
    private static readonly Dictionary<string, int> LevelOfRoom = new()
    {
        ["Model"] = 0,
        ["Buffers"] = 1,
        ["Runtime"] = 1,
        ["Telemetry"] = 1,
        ["Masking"] = 1,
        ["Qr"] = 2,
        ["Wire"] = 3,
        ["Admission"] = 2,
        ["Ledger"] = 2,
        ["Clearing"] = 2,
        ["Auth"] = 3,
        ["Routing"] = 3,
        ["DayFiles"] = 3,
        ["Recon"] = 4,
        ["Notify"] = 4,
        ["Operations"] = 4,
        ["Pipeline"] = 5,
    };

    private static readonly string Root = Checkout.Root;

    [Fact]
    public void Rooms_UseOnlyRoomsBelowTheirOwn()
    {
        var broken = new List<string>();
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root, "src", "Core"), "*.cs", SearchOption.AllDirectories))
        {
            string room = Path.GetRelativePath(Path.Combine(Root, "src", "Core"), file).Split(Path.DirectorySeparatorChar)[0];
            foreach (Match use in UsedRoom().Matches(File.ReadAllText(file)))
            {
                string used = use.Groups[1].Value;
                if (used != room && LevelOfRoom[used] >= LevelOfRoom[room])
                {
                    broken.Add($"{room} uses {used}: {Path.GetRelativePath(Root, file)}");
                }
            }
        }
        Assert.Empty(broken);
    }

    [Fact]
    public void Namespaces_AreFolders()
    {
        var broken = new List<string>();
        foreach (string file in SourceFiles())
        {
            Match declared = DeclaredNamespace().Match(File.ReadAllText(file));
            string folder = Path.GetRelativePath(Path.Combine(Root, "src"), Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');
            if (declared.Success && declared.Groups[1].Value != "HotPath." + folder)
            {
                broken.Add($"{Path.GetRelativePath(Root, file)} declares {declared.Groups[1].Value}");
            }
        }
        Assert.Empty(broken);
    }

    [Fact]
    public void Files_CanBeReadInOneSitting()
    {
        Assert.DoesNotContain(SourceFiles(), file => File.ReadLines(file).Count() > 300);
    }

    [Fact]
    public void Nothing_IsLeftForLater()
    {
        Assert.DoesNotContain(SourceFiles(), file => Unfinished().IsMatch(File.ReadAllText(file)));
    }

    [Fact]
    public void MetricsLibrary_IsKnownToOneClassOnly()
    {
        IEnumerable<string?> users =
            SourceFiles().Where(file => File.ReadAllText(file).Contains("using Prometheus;", StringComparison.Ordinal)).Select(Path.GetFileName);
        // One class, perhaps in parts: GatewayMetrics.cs, GatewayMetrics.<Room>.cs.
        Assert.All(users, file => Assert.StartsWith("GatewayMetrics.", file, StringComparison.Ordinal));
    }

    [Fact]
    public void TestClasses_AreTidiedUp()
    {
        // xunit 2 never calls DisposeAsync of a test class that is only IAsyncDisposable: its ledgers and folders would stay.
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*Tests*.cs", SearchOption.AllDirectories), file => NeverTidiedUp().IsMatch(File.ReadAllText(file)));
    }

    private static IEnumerable<string> SourceFiles() => Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [GeneratedRegex(@"class \w+Tests\b.*: IAsyncDisposable")]
    private static partial Regex NeverTidiedUp();

    [GeneratedRegex(@"using HotPath\.Core\.([A-Za-z]+)")]
    private static partial Regex UsedRoom();

    [GeneratedRegex(@"^namespace ([A-Za-z.]+);", RegexOptions.Multiline)]
    private static partial Regex DeclaredNamespace();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
