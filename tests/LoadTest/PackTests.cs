using System.Text;
using HotPath.LoadTest.Packing;
using HotPath.LoadTest.Wire;
using HotPath.Signing;
using Xunit;

namespace HotPath.LoadTest.Tests;

public sealed class PackTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hotpath-pack").FullName;
    private readonly VerifyingKey _institution;

    public PackTests()
    {
        (string privatePem, string publicPem) = PemKeys.Generate();
        string keys = Directory.CreateDirectory(Path.Combine(_directory, "institutions", "CN000001")).FullName;
        File.WriteAllText(Path.Combine(keys, "private.pem"), privatePem);
        _institution = PemKeys.ReadPublic(publicPem);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Payments_AreSignedByTheInstitution_AndDistinct()
    {
        Pack pack = Make(600);

        var orders = new HashSet<string>();
        for (int i = 0; i < pack.Count; i++)
        {
            SortedDictionary<string, string> members = SignedAnswer.Read(pack.Memory(i).Span)!;
            Assert.True(SignedAnswer.Verifies(members, _institution));
            Assert.True(orders.Add(members["req_id"]) && members["out_trade_no"] == members["req_id"]);
        }
    }

    [Fact]
    public void Payments_NeverAskTheSimulatorForASpecialOutcome()
    {
        Pack pack = Make(600);

        for (int i = 0; i < pack.Count; i++)
        {
            string amount = SignedAnswer.Read(pack.Memory(i).Span)!["total_amount"];
            Assert.True(int.Parse(amount[^2..], null) >= 20, amount);
        }
    }

    [Fact]
    public void BrokenSignatures_AreWellFormed_AndVerifyNothing()
    {
        Pack pack = Make(20);
        Pack broken = pack.WithBrokenSignatures();

        for (int i = 0; i < pack.Count; i++)
        {
            SortedDictionary<string, string> members = SignedAnswer.Read(broken.Memory(i).Span)!;
            Assert.False(SignedAnswer.Verifies(members, _institution));
            Assert.Equal(256, Convert.FromBase64String(members["sign"]).Length);
            Assert.True(SignedAnswer.Verifies(SignedAnswer.Read(pack.Memory(i).Span)!, _institution));
        }
    }

    [Fact]
    public void OtherInstitution_IsAllThatChanges()
    {
        Pack pack = Make(3);
        Pack renamed = pack.WithInstitution("CN000001", "ZZ999999");

        Assert.Equal(Encoding.UTF8.GetString(pack.Memory(1).Span).Replace("CN000001", "ZZ999999", StringComparison.Ordinal), Encoding.UTF8.GetString(renamed.Memory(1).Span));
    }

    [Fact]
    public void Repeated_GoesRound_AndJoinsInOrder()
    {
        Pack pack = Make(2).And(Make(1));

        Assert.Equal(Enumerable.Range(0, 7).Select(i => pack.Memory(i % 3)), Enumerable.Range(0, 7).Select(pack.Repeated(7).Memory));
    }

    [Fact]
    public void Users_OfOnePackAfterTheOther_AreDifferent()
    {
        IEnumerable<string> Users(int first) =>
            Terminals(Packer.Make(new PackOptions { DataDirectory = _directory, Count = 300, FirstUser = first }, TimeProvider.System));

        HashSet<string> users = [.. Users(0), .. Users(300)];

        Assert.Equal(600, users.Count);
    }

    [Fact]
    public void File_ReadBack_IsTheSamePack()
    {
        Pack pack = Make(10);
        string file = Path.Combine(_directory, "pack");

        pack.Write(file);
        var again = Pack.Read(file);

        Assert.Equal(pack.SignedFrom, again.SignedFrom);
        Assert.Equal(
            Enumerable.Range(0, 10).Select(i => Encoding.UTF8.GetString(pack.Memory(i).Span)),
            Enumerable.Range(0, 10).Select(i => Encoding.UTF8.GetString(again.Memory(i).Span)));
    }

    [Fact]
    public void File_CutShort_IsRefused()
    {
        string file = Path.Combine(_directory, "pack");
        Make(3).Write(file);
        byte[] whole = File.ReadAllBytes(file);

        for (int length = 0; length < whole.Length; length += 37)
        {
            File.WriteAllBytes(file, whole[..length]);
            Assert.Throws<InvalidDataException>(() => Pack.Read(file));
        }
    }

    private static IEnumerable<string> Terminals(Pack pack) =>
        Enumerable.Range(0, pack.Count).Select(i => SignedAnswer.Read(pack.Memory(i).Span)!["terminal_id"]);

    private Pack Make(int count) => Packer.Make(new PackOptions { DataDirectory = _directory, Count = count }, TimeProvider.System);
}
