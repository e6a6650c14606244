using System.CommandLine;
using HotPath.Host.Client;
using HotPath.Signing;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath verify FILE --key PEM</c>: is the message signed by this key?</summary>
internal static class VerifyVerb
{
    internal static Command Create(TextWriter output)
    {
        Argument<string> file = Options.File();
        Option<string> key = Options.Key("public key", isRequired: true);
        Option<SignType?> signType = Options.SignType("what it must be, besides the message's own sign_type; default: that, or what the key is");
        var verb = new Command("verify", "Verify a message offline") { file, key, signType };
        verb.SetAction(async (parsed, _) =>
        {
            SignedMessage message = Files.ReadMessage(parsed.GetRequiredValue(file));
            VerifyingKey verifier = Files.ReadPublicKey(parsed.GetRequiredValue(key));
            string? misfit = SignatureVerdict.Misfit(message, parsed.GetValue(signType), verifier.SignType);
            bool isValid = misfit is null && message.IsSignedBy(verifier);
            await output.WriteLineAsync(isValid ? "valid" : misfit is null ? "invalid" : "invalid: " + misfit);
            return isValid ? ExitCodes.Done : ExitCodes.Refused;
        });
        return verb;
    }
}
