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
        using InstitutionClient client = Connect(parsed);
        return (await CallAsync(client, parsed, request, output, error, stop)).ExitCode;
    }

    /// <inheritdoc cref="CallAsync(ParseResult, SignedMessage, TextWriter, TextWriter, CancellationToken)"/>
    internal async Task<(Exchange Exchange, int ExitCode)> CallAsync(
        InstitutionClient client, ParseResult parsed, SignedMessage request, TextWriter output, TextWriter error, CancellationToken stop)
    {
        if (parsed.GetValue(_reqId) is { } reqId)
        {
            request["req_id"] = reqId;
        }
        Exchange exchange = await client.CallAsync(request, stop);
        await output.WriteLineAsync(exchange.ToJson());
        if (exchange.Problem is { } problem)
        {
            await error.WriteLineAsync("hotpath: " + problem);
            return (exchange, ExitCodes.NoAnswer);
        }
        return (exchange, exchange.RespCode is "0000" or "0001" ? ExitCodes.Done : ExitCodes.Refused);
    }

    /// <summary>Sends one request after the other, each made from the verified answer before, until there is none or one goes wrong.</summary>
    internal async Task<int> CallAllAsync(ParseResult parsed, Func<SignedMessage?, SignedMessage?> next, TextWriter output, TextWriter error, CancellationToken stop)
    {
        using InstitutionClient client = Connect(parsed);
        int exitCode = ExitCodes.Done;
        SignedMessage? answer = null;
        while (exitCode == ExitCodes.Done && next(answer) is { } request)
        {
            (Exchange exchange, exitCode) = await CallAsync(client, parsed, request, output, error, stop);
            answer = exchange.Answer;
        }
        return exitCode;
    }

    internal InstitutionClient Connect(ParseResult parsed)
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
