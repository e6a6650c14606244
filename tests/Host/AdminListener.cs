namespace HotPath.Host.Tests;

/// <summary>A running gateway's admin listener, asked as an operator's tool asks it.</summary>
internal static class AdminListener
{
    /// <param name="admin">Its root.</param>
    /// <param name="method">GET or POST.</param>
    /// <param name="path">With its query.</param>
    /// <param name="header">The header that a page of a browser cannot send; null: without it.</param>
    internal static async Task<(int Status, string Text)> AskAsync(Uri admin, string method, string path, string? header = "1")
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(admin, path));
        if (header is not null)
        {
            request.Headers.Add("X-HotPath-Admin", header);
        }
        using HttpResponseMessage answer = await http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
