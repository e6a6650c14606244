using HotPath.Host.Sandbox;
using HotPath.Signing;
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

    [Theory]
    [InlineData(SignType.Rsa2, SignType.Es256, "RSA2")]
    [InlineData(SignType.Es256, SignType.Rsa2, "ES256")]
    public void Folder_OfAnotherSignType_IsSaidForPeople_AndLeftAsItWas(SignType made, SignType asked, string name)
    {
        var folder = new SandboxFolder(_folder.Path);
        folder.Furnish(["A1"], TimeProvider.System, made);
        string before = File.ReadAllText(folder.PrivateKeyOf("A1"));
        SandboxException refusal = Assert.Throws<SandboxException>(() => folder.Furnish(["A1"], TimeProvider.System, asked));
        Assert.Contains($"{folder.Root} was made with --sign-type {name}", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(folder.PrivateKeyOf("A1")));
        folder.Furnish(["A1"], TimeProvider.System, made);
    }

    [Fact]
    public void Folder_OfEs256_HoldsAnRsa2KeyOfTheGatewayBeside()
    {
        var folder = new SandboxFolder(_folder.Path);
        folder.Furnish(["A1"], TimeProvider.System, SignType.Es256);
        Assert.Equal(SignType.Es256, folder.LoadGatewayKey().SignType);
        Assert.Equal(SignType.Es256, folder.LoadPrivateKeyOf("A1").SignType);
        Assert.Equal(SignType.Rsa2, PemKeys.ReadPublic(File.ReadAllText(folder.GatewayRsa2PublicKeyBeside)).SignType);
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
