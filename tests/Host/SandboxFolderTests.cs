using HotPath.Host.Sandbox;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>A sandbox keeps its keys, whatever is lost beside them.</summary>
public sealed class SandboxFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PublicKey_ThatIsLost_IsDerivedAndThePrivateKeyStays()
    {
        var folder = new SandboxFolder(_folder.Path);
        folder.Furnish(["A1"], TimeProvider.System);
        string privatePem = File.ReadAllText(folder.PrivateKeyOf("A1"));
        string publicPem = File.ReadAllText(folder.PublicKeyOf("A1"));
        File.Delete(folder.PublicKeyOf("A1"));
        folder.Furnish(["A1"], TimeProvider.System);
        Assert.Equal(privatePem, File.ReadAllText(folder.PrivateKeyOf("A1")));
        Assert.Equal(publicPem, File.ReadAllText(folder.PublicKeyOf("A1")));
    }

    [Fact]
    public void PrivateKey_ThatIsNone_IsSaidForPeople()
    {
        var folder = new SandboxFolder(_folder.Path);
        folder.Furnish(["A1"], TimeProvider.System);
        File.Delete(folder.PublicKeyOf("A1"));
        File.WriteAllText(folder.PrivateKeyOf("A1"), "junk");
        Assert.Throws<SandboxException>(() => folder.Furnish(["A1"], TimeProvider.System));
        Assert.Equal("junk", File.ReadAllText(folder.PrivateKeyOf("A1")));
    }
}
