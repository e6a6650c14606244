using HotPath.Host.Client;
using HotPath.Host.Receiver;
using HotPath.Signing;

namespace HotPath.Host.Sandbox;

/// <summary>How a sandbox is started.</summary>
internal sealed record SandboxOptions
{
    /// <summary>Folder of everything it keeps. Default .hotpath/sandbox.</summary>
    public string Data { get; init; } = SandboxFolder.Default;

    /// <summary>Institutions' port on 127.0.0.1. Default 8443. 0: a free one.</summary>
    public int Port { get; init; } = 8443;

    /// <summary>Admin port on 127.0.0.1. Default 9464. 0: a free one.</summary>
    public int AdminPort { get; init; } = 9464;

    /// <summary>Mean time of the channel simulated in this process. Default 20 ms. Range 0 to 10 s.</summary>
    public TimeSpan ChannelLatency { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// What the demo institutions are registered with, and what their answers are signed with. A folder keeps the type it was made with.
    /// Default RSA2.
    /// </summary>
    public SignType SignType { get; init; } = SignType.Rsa2;

    /// <summary>
    /// For measuring: the channel is a timer inside the process instead of the simulator behind HTTP. No books, no outcomes by amount.
    /// Default false.
    /// </summary>
    public bool IsChannelInProcess { get; init; }

    /// <summary>
    /// Root of a simulator in another process on this machine, which then is the channel instead of one in this process and has a latency
    /// of its own. Default null: one in this process. Not together with <see cref="IsChannelInProcess"/>.
    /// </summary>
    public Uri? ChannelUrl { get; init; }

    /// <summary>
    /// Root of a second simulator in another process on this machine, for drills of a channel that fails beside one that does not: a channel of its
    /// own, and the only one, takes codes at <c>https://drill.example/</c>. Default null: there is none.
    /// </summary>
    public Uri? DrillChannelUrl { get; init; }

    /// <summary>
    /// Where the simulator of <see cref="ChannelUrl"/> speaks ISO 8583, <c>tcp://127.0.0.1:port</c>. Default null: there is no such channel then; a simulator in this process always has one.
    /// </summary>
    public Uri? Iso8583Url { get; init; }

    /// <summary>
    /// The demo institutions are notified of results, by a receiver in this process or at <see cref="ReceiverUrl"/>. Off for measuring payments alone:
    /// a notification costs a signature and a call. Default true.
    /// </summary>
    public bool Notifies { get; init; } = true;

    /// <summary>Root of a receiver in another process on this machine; each institution's notify_url is <c>notify/INST</c> below it. Default null: one in this process.</summary>
    public Uri? ReceiverUrl { get; init; }

    /// <summary>Institutions whose receiver is another than the others', each at the root of its own on this machine. Default none.</summary>
    public IReadOnlyDictionary<string, Uri> ReceiverUrls { get; init; } = new Dictionary<string, Uri>();

    /// <summary>What the receiver in this process answers to a verified notification. Default null: <c>success</c>.</summary>
    public Func<SignedMessage, ReceiverAnswer>? ReceiverAnswer { get; init; }

    /// <summary>Demo institutions. Default 2, CN000001 and HK000001; more are CN000002 and so on. Range 2 to 1,000.</summary>
    public int Institutions { get; init; } = 2;

    /// <summary>Trades it keeps at most. Default 10,000,000.</summary>
    public long MaxTrades { get; init; } = 10_000_000;

    /// <summary>Memory for the newest part of the index, in MiB. Default 64.</summary>
    public int IndexMemoryMib { get; init; } = 64;

    /// <summary>Free disk space below which new payments are refused, in MiB. Default 256.</summary>
    public int DiskReserveMib { get; init; } = 256;
}
