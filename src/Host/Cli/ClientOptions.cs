using System.CommandLine;
using System.Security.Cryptography;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using HotPath.Signing;

namespace HotPath.Host.Cli;

/// <summary>What every verb that calls a gateway needs: whom to be, whom to call, whom to believe.</summary>
internal sealed class ClientOptions
{
    private readonly Option<string> _inst = new("--inst") { Description = "the institution that asks", DefaultValueFactory = _ => SandboxGateway.Domestic };
    private readonly Option<string> _url = new("--url") { Description = "the gateway", DefaultValueFactory = _ => "https://127.0.0.1:8443/api" };
    private readonly Option<string> _data = new("--data")
    {
        Description = "folder with tls/ca.pem, gateway/public.pem and institutions/INST/private.pem",
        DefaultValueFactory = _ => SandboxFolder.Default,
    };
    private readonly Option<string> _reqId = new("--req-id") { Description = "default: a new one" };

    internal void AddTo(Command verb)
    {
        verb.Add(_reqId);
        verb.Add(_inst);
        verb.Add(_url);
        verb.Add(_data);
    }

    internal string Inst(ParseResult parsed) => parsed.GetRequiredValue(_inst);

    /// <summary>Sends <paramref name="request"/>, prints the exchange in one line, and says how it went.</summary>
    internal async Task<int> CallAsync(ParseResult parsed, SignedMessage request, TextWriter output, TextWriter error, CancellationToken stop)
    {
        if (parsed.GetValue(_reqId) is { } reqId)
        {
            request["req_id"] = reqId;
        }
        using InstitutionClient client = Connect(parsed);
        return await TellAsync(await client.CallAsync(request, stop), output, error);
    }

    /// <summary>Sends one request after the other, each made from the verified answer before, until there is none or one goes wrong; prints each exchange in a line.</summary>
    internal async Task<int> CallAllAsync(ParseResult parsed, Func<SignedMessage?, SignedMessage?> next, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using InstitutionClient client = Connect(parsed);
        int exit = ExitCodes.Done;
        SignedMessage? answer = null;
        while (exit == ExitCodes.Done && next(answer) is { } request)
        {
            Exchange exchange = await client.CallAsync(request, stop);
            exit = await TellAsync(exchange, output, error);
            answer = exchange.Answer;
        }
        return exit;
    }

    private static async Task<int> TellAsync(Exchange exchange, TextWriter output, TextWriter error)
    {
        await output.WriteLineAsync(exchange.ToJson());
        if (exchange.Problem is { } problem)
        {
            await error.WriteLineAsync("hotpath: " + problem);
            return ExitCodes.NoAnswer;
        }
        return exchange.RespCode is "0000" or "0001" ? ExitCodes.Done : ExitCodes.Refused;
    }

    private InstitutionClient Connect(ParseResult parsed)
    {
        string url = parsed.GetRequiredValue(_url);
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? api) || api.Scheme != Uri.UriSchemeHttps)
        {
            throw new UsageException($"--url {url} is not an https address");
        }
        var folder = new SandboxFolder(parsed.GetRequiredValue(_data));
        try
        {
            return new InstitutionClient(api, folder.LoadPrivateKeyOf(Inst(parsed)), folder.LoadGatewayKey(), folder.LoadCa());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or KeyFormatException or CryptographicException)
        {
            throw new UsageException($"keys in {folder.Root} cannot be used: {failure.Message}", failure);
        }
    }
}
