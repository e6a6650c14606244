using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using HotPath.Host.Client;
using HotPath.Signing;

namespace HotPath.Host.Cli;

/// <summary><c>hotpath explain FILE</c>: the signing string, its digest, and where somebody else's string differs.</summary>
internal static class ExplainVerb
{
    internal static Command Create(TextWriter output)
    {
        Argument<string> file = Options.File();
        Option<string> key = Options.Key("public key: says whether the message's sign is this key's", isRequired: false);
        var given = new Option<string>("--given") { Description = "a signing string to compare with", HelpName = "STRING" };
        Option<SignType?> signType = Options.SignType("what sign must be, besides the message's own sign_type; default: that, or what the key is");
        var verb = new Command("explain", "Show what is signed, and compare it with what you have signed") { file, key, signType, given };
        verb.SetAction(async (parsed, _) =>
        {
            SignedMessage message = Files.ReadMessage(parsed.GetRequiredValue(file));
            byte[] text = message.SigningString();
            await output.WriteLineAsync("signing string: " + Encoding.UTF8.GetString(text));
            await output.WriteLineAsync("sha256: " + Convert.ToHexStringLower(SHA256.HashData(text)));
            if (parsed.GetValue(given) is { } other)
            {
                foreach (string line in SigningDifference.Explain(message, other))
                {
                    await output.WriteLineAsync(line);
                }
            }
            if (parsed.GetValue(key) is { } path)
            {
                foreach (string line in SignatureVerdict.Explain(message, parsed.GetValue(signType), Files.ReadPublicKey(path)))
                {
                    await output.WriteLineAsync(line);
                }
            }
            return ExitCodes.Done;
        });
        return verb;
    }
}
