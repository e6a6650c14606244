using System.Net;
using System.Text;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;

namespace HotPath.Host.Admin;

/// <summary>
/// The one door for wishes on the admin listener, which must be an operator's. A browser on this machine reaches loopback on behalf of any page: so the host must be loopback by
/// name (a page's own name that was bent to 127.0.0.1 is not), nothing may come from a page, and a wish must carry a header that no page can set without
/// asking first, which nobody here answers.
/// </summary>
internal static class OperatorRequest
{
    /// <summary>What a wish must carry; any value.</summary>
    internal const string Header = "X-HotPath-Admin";

    /// <summary>What is answered to a wish that does not say whose it is.</summary>
    internal static readonly string WhoAndWhy = $"say who (1 to {OperatorAct.MostWhoBytes} bytes) and why (1 to {OperatorAct.MostWhyBytes})\n";

    // The longest that is waited for anywhere: 5 s until the wish is in the journal, 5 s for the channel's budget, 15 s for its answer; and room.
    internal static readonly TimeSpan MostTime = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Answers an operator's wish; 403 to anybody else's, unread; 503 when the ledger cannot say, or nothing is known after <see cref="MostTime"/>: then it may be
    /// done yet.
    /// </summary>
    /// <param name="context">The wish.</param>
    /// <param name="contentType">Of what is answered when it was granted; why it was not is plain text.</param>
    /// <param name="answer">Grants it, or says why not.</param>
    internal static async Task ServeAsync(HttpContext context, string contentType, Func<HttpRequest, Task<(int Status, string Text)>> answer)
    {
        (int status, string text) = Refusal(context.Request) is { } refusal ? (StatusCodes.Status403Forbidden, refusal) : await AnswerAsync(context.Request, answer, MostTime);
        byte[] body = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = status < StatusCodes.Status400BadRequest ? contentType : "text/plain; charset=utf-8";
        context.Response.ContentLength = body.Length;
        await context.Response.BodyWriter.WriteAsync(body);
    }

    internal static async Task<(int Status, string Text)> AnswerAsync(HttpRequest request, Func<HttpRequest, Task<(int Status, string Text)>> answer, TimeSpan atMost)
    {
        try
        {
            return await answer(request).WaitAsync(atMost);
        }
        catch (LedgerUnavailableException failure)
        {
            return (StatusCodes.Status503ServiceUnavailable, $"unavailable: {failure.Message}; whether it was done is unknown, ask again\n");
        }
        catch (TimeoutException)
        {
            return (StatusCodes.Status503ServiceUnavailable, $"unknown: no result within {atMost.TotalSeconds} s; it may be done yet, ask again\n");
        }
    }

    // Why it is refused; null when it may be served.
    private static string? Refusal(HttpRequest request)
    {
        if (!IsLoopback(request.Host.Host) || request.Headers.Origin.Count > 0)
        {
            return "ask by the loopback address, and not from a page\n";
        }
        return HttpMethods.IsPost(request.Method) && !request.Headers.ContainsKey(Header) ? $"the header {Header} is missing\n" : null;
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
