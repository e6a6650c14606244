using HotPath.Host.Client;
using HotPath.Signing;

namespace HotPath.Host.Cli;

/// <summary>Files that the offline verbs are given.</summary>
internal static class Files
{
    /// <exception cref="UsageException">Not readable, or not a flat object of strings.</exception>
    internal static SignedMessage ReadMessage(string path)
    {
        try
        {
            return SignedMessage.Parse(File.ReadAllBytes(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new UsageException($"{path}: {failure.Message}", failure);
        }
    }

    /// <exception cref="UsageException">Not readable, or not a private key.</exception>
    internal static SigningKey ReadPrivateKey(string path) => Read(path, pem => PemKeys.ReadPrivate("local", pem));

    /// <summary>A public key, or the public half of a private one.</summary>
    /// <exception cref="UsageException">Not readable, or not a key.</exception>
    internal static VerifyingKey ReadPublicKey(string path) => Read(path, PemKeys.ReadPublic);

    private static T Read<T>(string path, Func<string, T> parse)
    {
        try
        {
            return parse(File.ReadAllText(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or KeyFormatException)
        {
            throw new UsageException($"{path}: {failure.Message}", failure);
        }
    }
}
