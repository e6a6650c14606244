using System.CommandLine;
using System.Net;
using HotPath.Host.Admin;

namespace HotPath.Host.Cli;

/// <summary>A running gateway's admin listener, as verbs ask it.</summary>
internal static class AdminClient
{
    // Longer than any wish takes (OperatorRequest.MostTime).
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(40);

    internal static Option<Uri> Option() => new("--admin")
    {
        Description = "the gateway's admin listener",
        HelpName = "http://127.0.0.1:PORT",
        DefaultValueFactory = static _ => new Uri("http://127.0.0.1:9464"),
        CustomParser = static result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? address) && address is { Scheme: "http", IsLoopback: true })
            {
                return address;
            }
            result.AddError($"--admin {result.Tokens[0].Value} is not an http address of this machine");
            return null;
        },
    };

    /// <summary>Sends a wish, prints what is answered, and says with which code to exit.</summary>
    internal static async Task<int> SendAsync(HttpMethod method, Uri admin, string path, TextWriter output, TextWriter error, CancellationToken stop)
    {
        (string text, int exitCode) = await CallAsync(method, admin, path, error, stop);
        await output.WriteAsync(text);
        return exitCode;
    }

    /// <summary>
    /// The answer's text and <see cref="ExitCodes.Done"/>; otherwise why there is none has been said, and the exit code says it too.
    /// </summary>
    internal static async Task<(string Text, int ExitCode)> CallAsync(
        HttpMethod method, Uri admin, string path, TextWriter error, CancellationToken stop, TimeSpan? atMost = null)
    {
        try
        {
            (HttpStatusCode status, string text) = await AskAsync(method, admin, path, stop, atMost);
            if (status == HttpStatusCode.OK)
            {
                return (text, ExitCodes.Done);
            }
            await error.WriteLineAsync($"hotpath: {(text.Length > 0 ? text.TrimEnd() : $"HTTP {(int)status}")}");
            return ("", ExitCodes.Refused);
        }
        catch (HttpRequestException failure)
        {
            await error.WriteLineAsync($"hotpath: no gateway at {admin.GetLeftPart(UriPartial.Authority)}: {(failure.InnerException ?? failure).Message}");
            return ("", ExitCodes.NoAnswer);
        }
        catch (TimeoutException late)
        {
            await error.WriteLineAsync($"hotpath: {late.Message}");
            return ("", ExitCodes.NoAnswer);
        }
    }

    /// <summary>Whatever is answered. Straight to that address: no proxy of the environment, no redirect.</summary>
    /// <exception cref="HttpRequestException">Nobody answers there.</exception>
    /// <exception cref="TimeoutException">Not in time.</exception>
    internal static async Task<(HttpStatusCode Status, string Text)> AskAsync(HttpMethod method, Uri admin, string path, CancellationToken stop, TimeSpan? atMost = null)
    {
        TimeSpan time = atMost ?? MostWait;
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = time };
        using var request = new HttpRequestMessage(method, new Uri(admin, path));
        request.Headers.Add(OperatorRequest.Header, "1");
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, stop);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(stop));
        }
        catch (TaskCanceledException failure) when (!stop.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {time.TotalSeconds} s: whether it was done is unknown, ask again", failure);
        }
    }
}
