using HotPath.Host.Client;
using HotPath.Host.Composition;

namespace HotPath.Host.Sandbox;

/// <summary>The body of <c>hotpath sandbox</c>: start, say so, show one payment, stay.</summary>
internal static class SandboxProgram
{
    private const string DemoAmount = "88.80";
    private const string DemoCurrency = "CNY";

    internal static async Task<int> RunAsync(SandboxOptions options, bool showsDemo, ILoggerFactory logs, TimeProvider clock, TextWriter output)
    {
        using var process = new GatewayProcess(logs);
        SandboxGateway sandbox = await SandboxGateway.StartAsync(options, logs, clock);
        Gateway gateway = sandbox.Gateway;
        await SayAsync(
            output, $"hotpath ready {gateway.ApiAddress} admin {gateway.AdminAddress.GetLeftPart(UriPartial.Authority)} pid {Environment.ProcessId}");
        if (sandbox.Receiver is { } receiver)
        {
            await SayAsync(output, $"notifications in {sandbox.Folder.Notifications} and at {new Uri(receiver.BaseAddress, "notifications/" + SandboxGateway.Domestic)}");
        }
        if (showsDemo)
        {
            await ShowAsync(sandbox, clock, output);
        }
        return await process.ServeAsync(gateway.Failure, async () => await sandbox.DisposeAsync());
    }

    private static async Task ShowAsync(SandboxGateway sandbox, TimeProvider clock, TextWriter output)
    {
        using InstitutionClient client = sandbox.NewClient(SandboxGateway.Domestic);
        Exchange exchange = await client.CallAsync(Requests.ScanPay(SandboxGateway.Domestic, DemoAmount, DemoCurrency, clock));
        await SayAsync(output, exchange.ToJson());
        await SayAsync(
            output,
            $"{Program()} pay --amount {DemoAmount} --currency {DemoCurrency} --url {sandbox.Gateway.ApiAddress} --data {Quoted(sandbox.Folder.Root)}");
    }

    private static async Task SayAsync(TextWriter output, string line)
    {
        await output.WriteLineAsync(line);
        await output.FlushAsync();
    }

    // As it was started here, so that the line works wherever it is pasted on this machine.
    private static string Program()
    {
        string path = Environment.ProcessPath ?? "hotpath";
        return Path.GetFileNameWithoutExtension(path) == "dotnet" ? $"{Quoted(path)} {Quoted(typeof(SandboxProgram).Assembly.Location)}" : Quoted(path);
    }

    private static string Quoted(string path) =>
        path.All(letter => char.IsAsciiLetterOrDigit(letter) || "/._-".Contains(letter, StringComparison.Ordinal)) ? path : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
