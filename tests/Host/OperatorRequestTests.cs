using System.Net;
using System.Net.Sockets;
using HotPath.Core.Ledger.Embedded;
using HotPath.Host.Admin;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace HotPath.Host.Tests;

/// <summary>What an operator is told when the gateway cannot say: a word, never a bare 500, and within a time.</summary>
public sealed class OperatorRequestTests
{
    [Fact]
    public async Task LedgerThatCannotAnswer_Is503_WithAWord()
    {
        (int status, string text) = await OperatorRequest.AnswerAsync(
            new DefaultHttpContext().Request, _ => Task.FromException<(int, string)>(new LedgerUnavailableException("the ledger is closed")), TimeSpan.FromSeconds(20));
        Assert.Equal((503, "unavailable: the ledger is closed; whether it was done is unknown, ask again\n"), (status, text));
    }

    [Fact]
    public async Task WishThatTakesTooLong_Is503_AndSaysThatItMayBeDoneYet()
    {
        (int status, string text) = await OperatorRequest.AnswerAsync(
            new DefaultHttpContext().Request, _ => new TaskCompletionSource<(int, string)>().Task, TimeSpan.FromMilliseconds(20));
        Assert.Equal(503, status);
        Assert.StartsWith("unknown: ", text, StringComparison.Ordinal);
    }

    /// <summary>A gateway that takes the connection and says nothing: the command line says that nothing is known, and which exit code that is.</summary>
    [Fact]
    public async Task CommandLine_AtAGatewayThatIsSilent_SaysThatNothingIsKnown()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var error = new StringWriter();
        (string text, int exitCode) = await Cli.AdminClient.CallAsync(
            HttpMethod.Post, new Uri($"http://{silent.LocalEndpoint}"), "/pending", error, CancellationToken.None, TimeSpan.FromMilliseconds(50));
        Assert.Equal(("", 3), (text, exitCode));
        Assert.Contains("whether it was done is unknown, ask again", error.ToString(), StringComparison.Ordinal);
    }
}
