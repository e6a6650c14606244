using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using HotPath.Faults.Checking;
using HotPath.Faults.Processes;
using HotPath.Host.Client;
using HotPath.Host.Receiver;
using HotPath.Host.Sandbox;
using HotPath.Host.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace HotPath.Faults.Tests.Day;

/// <summary>
/// Where the institutions are told results. The domestic one has a <c>hotpath receiver</c> that is closed during parts of the day; the overseas one is always
/// there and moody: before it acknowledges it says 500 to one in three, and nothing at all to one in seven.
/// </summary>
internal sealed class Mailboxes : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly SandboxFolder _papers;
    private readonly string[] _hotpath;
    private readonly string _folder;
    private readonly HashSet<string> _seen = [];
    private NotificationReceiver? _moody;
    private Child? _receiver;
    private int _port;

    private Mailboxes(SandboxFolder papers, string[] hotpath, string folder)
    {
        _papers = papers;
        _hotpath = hotpath;
        _folder = folder;
    }

    /// <summary>From now on the overseas one acknowledges whatever comes.</summary>
    internal bool IsCalm { get; set; }

    internal static async Task<Mailboxes> OpenAsync(SandboxFolder papers, string[] hotpath, string folder)
    {
        var mailboxes = new Mailboxes(papers, hotpath, folder);
        var certificate = new ServerCertificate(X509Certificate2.CreateFromPemFile(papers.Certificate, papers.CertificateKey), []);
        mailboxes._moody = await NotificationReceiver.StartAsync(
            folder, certificate, papers.LoadGatewayKey(), 0, NullLoggerFactory.Instance, TimeProvider.System, mailboxes.AnswerOf);
        await mailboxes.OpenDomesticAsync();
        return mailboxes;
    }

    /// <summary>Its notify_url.</summary>
    internal string AddressOf(string instId) =>
        instId == Town.Domestic ? $"https://127.0.0.1:{_port}/notify/{instId}" : new Uri(_moody!.BaseAddress, "notify/" + instId).AbsoluteUri;

    /// <summary>Opens the domestic one, at the port it had.</summary>
    internal async Task OpenDomesticAsync()
    {
        _receiver = Child.Start(
            [
                .. _hotpath, "receiver", "--port", $"{_port}", "--data", _folder, "--key", _papers.GatewayPublicKey,
                "--certificate", _papers.Certificate, "--certificate-key", _papers.CertificateKey,
            ],
            new Dictionary<string, string>(), line => line.StartsWith("hotpath receiver ready", StringComparison.Ordinal));
        string ready = await _receiver.Ready.WaitAsync(StartLimit) ?? throw new InvalidOperationException("the receiver did not start: " + string.Join('\n', _receiver.Lines));
        _port = new Uri(ready.Split(' ')[3]).Port;
    }

    /// <summary>kill -9.</summary>
    internal Task CloseDomesticAsync() => _receiver!.KillAsync();

    /// <summary>Everything that came, in order.</summary>
    internal IReadOnlyList<Telling> Read(long epochMs) => [.. Directory.GetFiles(_folder, "*.jsonl").SelectMany(path => File.ReadLines(path).Select(line =>
    {
        using var told = JsonDocument.Parse(line);
        JsonElement root = told.RootElement;
        Dictionary<string, string> members = root.TryGetProperty("notification", out JsonElement notification)
            ? notification.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!)
            : [];
        return new Telling(
            root.GetProperty("received_at").GetDateTimeOffset().ToUnixTimeMilliseconds() - epochMs, Path.GetFileNameWithoutExtension(path), members,
            root.GetProperty("verified").GetBoolean(), root.GetProperty("answer").GetString() == "success");
    })).OrderBy(telling => telling.AtMs)];

    public async ValueTask DisposeAsync()
    {
        _receiver?.Dispose();
        if (_moody is not null)
        {
            await _moody.DisposeAsync();
        }
    }

    // By the number, so that it is the same ones whatever the order.
    private ReceiverAnswer AnswerOf(SignedMessage message)
    {
        string id = message["notify_id"]!;
        lock (_seen)
        {
            if (IsCalm || !_seen.Add(id))
            {
                return ReceiverAnswer.Success;
            }
            return (id[^1] - '0') % 7 == 3 ? ReceiverAnswer.Never : (id[^1] - '0') % 3 == 1 ? new ReceiverAnswer(500, "out of order") : ReceiverAnswer.Success;
        }
    }
}
