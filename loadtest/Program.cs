using System.CommandLine;
using System.Net.Sockets;
using System.Security.Authentication;
using HotPath.LoadTest.Commands;

// An answer is read on the thread that saw it come: one hop between threads less a payment. Read by the runtime at its first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var root = new RootCommand("HotPath's load generator. " + ExitCodes.Text) { PackCommand.Create(), RunCommand.Create(), SoakCommand.Create(), ScenarioCommand.Create(), EfficiencyCommand.Create() };
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    await parsed.InvokeAsync();
    return ExitCodes.Usage;
}
try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failure) when (failure is SocketException or AuthenticationException)
{
    await Console.Error.WriteLineAsync($"no gateway: {failure.Message}");
    return ExitCodes.NoGateway;
}
catch (Exception failure) when (failure is IOException or InvalidDataException or HotPath.Signing.KeyFormatException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(failure.Message);
    return ExitCodes.Usage;
}
