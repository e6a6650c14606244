using System.CommandLine;
using System.Text;
using HotPath.Host.Client;
using HotPath.Signing;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath sign FILE --key PEM</c>: the message with its signature.</summary>
internal static class SignVerb
{
    internal static Command Create(TextWriter output)
    {
        Argument<string> file = Options.File();
        Option<string> key = Options.Key("private key: RSA (PKCS#8, PKCS#1) or EC P-256 (PKCS#8, SEC1)", isRequired: true);
        Option<SignType?> signType = Options.SignType("sets the message's sign_type; the key must be one of it");
        var verb = new Command("sign", "Sign a message offline") { file, key, signType };
        verb.SetAction(async (parsed, _) =>
        {
            SignedMessage message = Files.ReadMessage(parsed.GetRequiredValue(file));
            if (parsed.GetValue(signType) is { } type)
            {
                message["sign_type"] = SignTypes.Name(type);
            }
            SigningKey signer = Files.ReadPrivateKey(parsed.GetRequiredValue(key));
            if (SignatureVerdict.Misfit(message, null, signer.SignType) is { } misfit)
            {
                throw new UsageException(misfit);
            }
            message.SignWith(signer);
            await output.WriteLineAsync(Encoding.UTF8.GetString(message.ToJson()));
            return ExitCodes.Done;
        });
        return verb;
    }
}
