using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using HotPath.Host.Client;
using HotPath.Host.Sandbox;
using HotPath.Host.Tests.Crash;
using HotPath.Signing;
using Xunit;

namespace HotPath.Host.Tests.Faces;

/// <summary>
/// Payments by face through the real door of a process of its own, ended in every way; then nothing of any face is in its files, its log, its
/// metrics, and in its memory no more than what libraries hold of what went through them.
/// </summary>
/// <remarks>
/// What is tolerated, and why: OpenSSL and SslStream keep the last record of a connection (16 KiB at most) until the next one, the HTTP client a block
/// of 4 KiB, and so do the blocks of the simulator's server, which plays the channel and may know the face. None has a way to be cleared from outside, and none holds a
/// longer piece. Our own buffers hold a face whole, 38 KiB here in one stretch: so a stretch longer than a record is ours.
/// </remarks>
public sealed class FaceIsNowhereTests
{
    private const string Marker = "FaCeMaRkEr";
    private const int CellBytes = 64;
    private const int Cells = 600;

    // A record, and the rest of a cell that begins in it, spelled in escapes.
    private const int LongestTolerated = (16 * 1024) + (6 * CellBytes);

    private static readonly TimeSpan SlowChannel = TimeSpan.FromSeconds(30);

    // An escape for the first letter makes the reader unescape the whole; an escape for each letter makes it six times as long.
    private static readonly Func<string, string>[] Spellings =
    [
        face => face, face => $"\\u{(int)face[0]:x4}" + face[1..], face => string.Concat(face[..(100 * CellBytes)].Select(letter => $"\\u{(int)letter:x4}")),
    ];

    [Fact]
    public async Task Face_HoweverItsPaymentEnded_IsInNoFile_NoLog_NoMetric_AndInNoBufferOfOurs()
    {
        using var folder = new TemporaryFolder();
        using SandboxProcess gateway = await SandboxProcess.StartAsync(folder.Path, "--log-level", "debug");
        var sandbox = new SandboxFolder(folder.Path);
        using var caller = new RawCaller(gateway.Api, sandbox);

        // The channel takes 12 s: answered 0001, and the call lives on with the face. Were it not found here, the search below would prove nothing.
        Assert.Equal("0001", await caller.PayAsync("88.07"));
        Assert.True(LongestStretch(gateway) > LongestTolerated, "the face of a call under way is not found");

        foreach (Func<string, string> spell in Spellings)
        {
            Assert.Equal("0000", await caller.PayAsync("88.80", spell));
            Assert.Equal("B002", await caller.PayAsync("88.02", spell));
            Assert.Equal("0001", await caller.PayAsync("88.05", spell));
            Assert.Equal("B001", await caller.PayAsync("88.11", spell));
            Assert.Equal("C002", await caller.PayAsync("88.801", spell));
            Assert.Equal("C003", await caller.PayAsync("88.80", spell, ("currency", "CHF")));
            Assert.Equal("C003", await caller.PayAsync("88.80", spell, ("qr_type", "01")));
            Assert.Equal("D002", await caller.PayAsync("88.80", spell, ("req_time", "20200101000000")));
            Assert.Equal("D001", await caller.PayAsync("88.80", spell, ("sign", "AAAA")));
            Assert.Equal("C002", await caller.PayAsync("88.80", face => spell(face) + "\\ud800"));
            Assert.Equal("C002", await caller.PayAsync("88.80", face => spell(face) + "\",\"face_data\":\"x"));
            Assert.Equal("C002", await caller.PayAsync("88.80", face => spell(face) + "\"}{\"x\":\""));
        }
        Assert.Equal("C002", await caller.PayAsync("88.80", face => face + face[..(12 * 1024)]));
        Assert.Equal("HTTP 413", await caller.PayAsync("88.80", face => face + face));
        string metrics = await caller.MetricsAsync(gateway.Admin);

        using var limit = new CancellationTokenSource(SlowChannel);
        int longest;
        while ((longest = LongestStretch(gateway)) > LongestTolerated && !limit.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
        Assert.True(longest <= LongestTolerated, $"{longest} bytes of a face in one stretch");
        Assert.Equal(0, LongestStretch(gateway, Encoding.Unicode.GetBytes(Marker), 2 * CellBytes));
        Assert.DoesNotContain(Marker, metrics, StringComparison.Ordinal);
        Assert.DoesNotContain(Marker, gateway.Log, StringComparison.Ordinal);
        // It did log what it refused, and name the member.
        Assert.Contains("face_data", gateway.Log, StringComparison.Ordinal);
        Assert.Equal(0, await gateway.TerminateAsync());
        Assert.All(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories), file =>
        {
            byte[] bytes = File.ReadAllBytes(file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Marker)) < 0, file);
            Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Escaped(Marker))) < 0, file);
        });
    }

    private static string Escaped(string text) => string.Concat(text.Select(letter => $"\\u{(int)letter:x4}"));

    private static int LongestStretch(SandboxProcess gateway) => Math.Max(
        LongestStretch(gateway, Encoding.ASCII.GetBytes(Marker), CellBytes), LongestStretch(gateway, Encoding.ASCII.GetBytes(Escaped(Marker)), 6 * CellBytes));

    /// <summary>Bytes of the longest row of cells that stand one behind the other.</summary>
    private static int LongestStretch(SandboxProcess gateway, byte[] marker, int cellBytes)
    {
        int longest = 0;
        foreach ((string _, byte[] bytes) in ProcessMemory.Read(gateway.Id, overlap: 6 * Cells * CellBytes))
        {
            int stretch = 0;
            int before = -cellBytes;
            for (int at = bytes.AsSpan().IndexOf(marker); at >= 0;)
            {
                stretch = at - before == cellBytes ? stretch + cellBytes : cellBytes;
                longest = Math.Max(longest, stretch);
                before = at;
                int next = bytes.AsSpan(at + 1).IndexOf(marker);
                at = next < 0 ? -1 : at + 1 + next;
            }
        }
        return longest;
    }

    /// <summary>An institution's client that can send what no JSON library writes.</summary>
    private sealed class RawCaller : IDisposable
    {
        private static readonly string Face = string.Concat(Enumerable.Range(0, Cells).Select(i => $"{Marker}-{i:D6}-".PadRight(CellBytes, 'x')));

        private readonly Uri _api;
        private readonly SigningKey _key;
        private readonly HttpClient _http;

        internal RawCaller(Uri api, SandboxFolder sandbox)
        {
            _api = api;
            _key = sandbox.LoadPrivateKeyOf(SandboxGateway.Domestic);
            var handler = new SocketsHttpHandler { UseProxy = false };
            var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            trust.CustomTrustStore.Add(sandbox.LoadCa());
            handler.SslOptions.CertificateChainPolicy = trust;
            _http = new HttpClient(handler);
        }

        /// <summary>Pays by face, its data spelled in JSON in a way of its own; the code it is answered, or the status where there is none.</summary>
        internal async Task<string> PayAsync(string amount, Func<string, string>? spell = null, params (string Name, string Value)[] changes)
        {
            spell ??= face => face;
            SignedMessage payment = Requests.FacePay(SandboxGateway.Domestic, amount, "CNY", Meant(spell(Face)), TimeProvider.System);
            foreach ((string name, string value) in changes)
            {
                payment[name] = value;
            }
            if (payment["sign"] is null)
            {
                payment.SignWith(_key);
            }
            payment["face_data"] = "-";
            string json = Encoding.UTF8.GetString(payment.ToJson()).Replace("\"face_data\":\"-\"", $"\"face_data\":\"{spell(Face)}\"", StringComparison.Ordinal);
            using var content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
            using HttpResponseMessage answer = await _http.PostAsync(_api, content);
            byte[] body = await answer.Content.ReadAsByteArrayAsync();
            Assert.True(body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Marker)) < 0);
            return answer.IsSuccessStatusCode ? SignedMessage.Parse(body)["resp_code"]! : $"HTTP {(int)answer.StatusCode}";
        }

        internal Task<string> MetricsAsync(Uri admin) => _http.GetStringAsync(new Uri(admin, "metrics"));

        public void Dispose() => _http.Dispose();

        // What a spelling stands for; what stands for nothing is never asked for its signature.
        private static string Meant(string spelled)
        {
            try
            {
                return JsonDocument.Parse($"[\"{spelled}\"]").RootElement[0].GetString()!;
            }
            catch (Exception failure) when (failure is JsonException or InvalidOperationException)
            {
                return Face;
            }
        }
    }
}
