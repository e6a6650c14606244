using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HotPath.LoadTest.Tests;

/// <summary>
/// The least that looks like a gateway: answers every payment 0000 at once, except that for a while it answers nobody, as a process that
/// collects garbage or waits for its disk does.
/// </summary>
internal sealed class StallingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _stallAfter;
    private readonly TimeSpan _stall;
    private readonly TimeSpan _serviceTime;
    private readonly Func<string, string> _answer;
    private readonly Task _accepting;
    private long _firstRequestAt;

    /// <param name="stallAfter">From the first request on.</param>
    /// <param name="stall">Nobody is answered for so long. Zero: never.</param>
    /// <param name="answer">The answer to a req_id; null: 0000 with the same req_id.</param>
    /// <param name="serviceTime">Every answer takes at least so long.</param>
    public StallingServer(TimeSpan stallAfter, TimeSpan stall, Func<string, string>? answer = null, TimeSpan serviceTime = default)
    {
        _serviceTime = serviceTime;
        _stallAfter = stallAfter;
        _stall = stall;
        _answer = answer ?? (static reqId => $$"""{"req_id":"{{reqId}}","resp_code":"0000"}""");
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/api");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using TcpClient _ = client;
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        char[] body = new char[4096];
        while (await reader.ReadLineAsync(_stop.Token) is not null)
        {
            int length = 0;
            for (string line = (await reader.ReadLineAsync(_stop.Token))!; line.Length > 0; line = (await reader.ReadLineAsync(_stop.Token))!)
            {
                length = line.StartsWith("Content-Length: ", StringComparison.Ordinal) ? int.Parse(line[16..], null) : length;
            }
            await reader.ReadBlockAsync(body.AsMemory(0, length), _stop.Token);
            await StallAsync();
            if (_serviceTime > TimeSpan.Zero)
            {
                await Task.Delay(_serviceTime, _stop.Token);
            }
            string answer = _answer(ReqId(new string(body, 0, length)));
            await client.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {answer.Length}\r\n\r\n{answer}"), _stop.Token);
        }
    }

    private async Task StallAsync()
    {
        Interlocked.CompareExchange(ref _firstRequestAt, Environment.TickCount64, 0);
        double since = Environment.TickCount64 - _firstRequestAt;
        double end = (_stallAfter + _stall).TotalMilliseconds;
        if (since >= _stallAfter.TotalMilliseconds && since < end)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(end - since), _stop.Token);
        }
    }

    private static string ReqId(string body)
    {
        const string before = "\"req_id\":\"";
        int start = body.IndexOf(before, StringComparison.Ordinal) + before.Length;
        return body[start..body.IndexOf('"', start)];
    }
}
