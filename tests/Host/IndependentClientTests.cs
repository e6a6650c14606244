using System.Diagnostics;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>A client in another language, written from the protocol alone: what both understand alike is the protocol, not our habits.</summary>
[Collection(SandboxFixture.Name)]
public sealed class IndependentClientTests(SandboxFixture sandbox)
{
    [NodeFact]
    public Task NodeClient_SignsPaysRepeatsQueriesAndVerifiesEveryAnswer() => NodeClient.RunAsync(sandbox);
}

/// <summary>The same client, told by its key that it signs with ES256.</summary>
public sealed class IndependentEs256ClientTests(Es256SandboxFixture sandbox) : IClassFixture<Es256SandboxFixture>
{
    [NodeFact]
    public Task NodeClient_OfEs256_SignsPaysRepeatsQueriesAndVerifiesEveryAnswer() => NodeClient.RunAsync(sandbox);
}

/// <summary>Runs <c>clients/client.mjs</c> as the overseas institution.</summary>
internal static class NodeClient
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    internal static async Task RunAsync(SandboxFixture sandbox)
    {
        string institution = Path.Combine(sandbox.Folder, "institutions", sandbox.Overseas.InstId);
        var start = new ProcessStartInfo("node")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "clients", "client.mjs"), sandbox.Api.ToString(), Path.Combine(sandbox.Folder, "tls", "ca.pem"),
                sandbox.Overseas.InstId, Path.Combine(institution, "private.pem"), Path.Combine(sandbox.Folder, "gateway", "public.pem"),
                sandbox.Sandbox.Receiver!.BaseAddress.ToString(),
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process node = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit);
        Task<string> output = node.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> errors = node.StandardError.ReadToEndAsync(limit.Token);
        await node.WaitForExitAsync(limit.Token);

        Assert.True(node.ExitCode == 0, await errors);
        Assert.EndsWith("all as the protocol says", (await output).TrimEnd(), StringComparison.Ordinal);
    }
}

/// <summary>Needs Node.js on the PATH; says so when it is not there.</summary>
internal sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        bool hasNode = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node")));
        Skip = hasNode ? null : "needs Node.js (node) on the PATH";
    }
}
