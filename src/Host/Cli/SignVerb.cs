using System.CommandLine;
using System.Text;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath sign FILE --key PEM</c>: the message with its signature.</summary>
internal static class SignVerb
{
    internal static Command Create(TextWriter output)
    {
        Argument<string> file = Options.File();
        Option<string> key = Options.Key("private key, PKCS#8 or PKCS#1", isRequired: true);
        var verb = new Command("sign", "Sign a message offline") { file, key };
        verb.SetAction(async (parsed, _) =>
        {
            SignedMessage message = Files.ReadMessage(parsed.GetRequiredValue(file));
            message.SignWith(Files.ReadPrivateKey(parsed.GetRequiredValue(key)));
            await output.WriteLineAsync(Encoding.UTF8.GetString(message.ToJson()));
            return ExitCodes.Done;
        });
        return verb;
    }
}
