using System.CommandLine;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath verify FILE --key PEM</c>: is the message signed by this key?</summary>
internal static class VerifyVerb
{
    internal static Command Create(TextWriter output)
    {
        Argument<string> file = Options.File();
        Option<string> key = Options.Key("public key", isRequired: true);
        var verb = new Command("verify", "Verify a message offline") { file, key };
        verb.SetAction(async (parsed, _) =>
        {
            SignedMessage message = Files.ReadMessage(parsed.GetRequiredValue(file));
            bool isValid = message.IsSignedBy(Files.ReadPublicKey(parsed.GetRequiredValue(key)));
            await output.WriteLineAsync(isValid ? "valid" : "invalid");
            return isValid ? ExitCodes.Done : ExitCodes.Refused;
        });
        return verb;
    }
}
