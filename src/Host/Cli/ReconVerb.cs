using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using HotPath.Core.Model;
using HotPath.Host.Client;

namespace HotPath.Host.Cli;

/// <summary>
/// <c>hotpath recon download|upload|diff</c>: an institution's side of reconciliation; <c>recon build</c>: the operator's.
/// </summary>
internal static class ReconVerb
{
    internal static Command Create(TextWriter output, TextWriter error) => new("recon", "Reconciliation: fetch a day's file, compare it, send the result; or build it")
    {
        Download(output, error), Upload(output, error), ReconDiffVerb.Create(output), ReconBuildVerb.Create(output, error),
    };

    internal static Option<string> Date(bool isRequired)
    {
        var date = new Option<string>("--date") { Description = "settle_date, yyyyMMdd", Required = isRequired };
        date.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !BeijingDay.TryParse(Encoding.UTF8.GetBytes(text), out _))
            {
                result.AddError($"--date {text} is no day as yyyyMMdd");
            }
        });
        return date;
    }

    internal static Option<string> Type() => new("--type") { Description = "recon_type: 01 payments, 02 refunds", DefaultValueFactory = _ => "01" };

    private static Command Download(TextWriter output, TextWriter error)
    {
        Option<string> date = Date(isRequired: true);
        Option<string> type = Type();
        var into = new Option<string>("--out") { Description = "where the file goes; default: its own name, here" };
        var client = new ClientOptions();
        var verb = new Command("download", "Fetch a day's file and hold it against its hash") { date, type, into };
        client.AddTo(verb);
        verb.SetAction(async (parsed, stop) =>
        {
            using InstitutionClient connection = client.Connect(parsed);
            SignedMessage request = Requests.ReconDownload(client.Inst(parsed), parsed.GetRequiredValue(date), parsed.GetRequiredValue(type), TimeProvider.System);
            (Exchange exchange, int exit) = await client.CallAsync(connection, parsed, request, output, error, stop);
            if (exit != ExitCodes.Done)
            {
                return exit;
            }
            SignedMessage answer = exchange.Answer!;
            // Its own name as it came over the wire is nobody's path.
            string path = parsed.GetValue(into) ?? Path.GetFileName(answer["file_name"]!);
            string? problem = await FetchAsync(connection, answer, path, stop);
            if (problem is not null)
            {
                await error.WriteLineAsync("hotpath: " + problem);
                return ExitCodes.NoAnswer;
            }
            await error.WriteLineAsync($"hotpath: {path}: {answer["record_count"]} rows, as its hash says");
            return ExitCodes.Done;
        });
        return verb;
    }

    private static async Task<string?> FetchAsync(InstitutionClient connection, SignedMessage answer, string path, CancellationToken stop)
    {
        string part = path + ".part";
        await using (FileStream file = new(part, FileMode.Create, FileAccess.ReadWrite))
        {
            if (await connection.FetchAsync(new Uri(answer["download_url"]!), file, stop) is { } problem)
            {
                return problem;
            }
            file.Position = 0;
            string hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop));
            if (hash != answer["hash_value"])
            {
                return $"{part} has the SHA-256 {hash}, and should have {answer["hash_value"]}";
            }
        }
        File.Move(part, path, overwrite: true);
        return null;
    }

    private static Command Upload(TextWriter output, TextWriter error)
    {
        Argument<string> file = Options.File();
        var client = new ClientOptions();
        var verb = new Command("upload", "Send a result, as recon diff --out writes it") { file };
        client.AddTo(verb);
        verb.SetAction((parsed, stop) =>
        {
            SignedMessage request = Requests.ReconUpload(client.Inst(parsed), TimeProvider.System);
            foreach ((string name, string value) in Files.ReadMessage(parsed.GetRequiredValue(file)).Members)
            {
                request[name] = value;
            }
            return client.CallAsync(parsed, request, output, error, stop);
        });
        return verb;
    }
}
