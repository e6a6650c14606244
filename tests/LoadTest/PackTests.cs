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

    private Pack Make(int count) => Packer.Make(new PackOptions { DataDirectory = _directory, Count = count }, TimeProvider.System);
}
