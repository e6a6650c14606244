using HotPath.Core.DayFiles;
using HotPath.Core.Model;
using HotPath.Core.Runtime;
using HotPath.Core.Telemetry;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Recon;

/// <summary>Reconciliation with institutions (2.5): each day's files, the addresses they are fetched from, and the results that come back.</summary>
public sealed class Reconciliation : IDisposable
{
    /// <summary>The hour of the next day (Beijing) from which on a file can be had (protocol, section 5).</summary>
    private static readonly TimeSpan ReadyAt = TimeSpan.FromHours(10);

    private readonly ReconFolder _folder;
    private readonly TimeProvider _clock;

    private Reconciliation(
        string root, IFinalRows rows, IReadOnlyList<InstId> institutions, Uri? publicUrl, long diskReserveBytes, IScheduler scheduler, TimeProvider clock, GatewayMetrics metrics,
        ILogger<Reconciliation> logger)
    {
        var reserve = new DiskReserve(root, diskReserveBytes);
        _folder = new ReconFolder(Path.Combine(root, "files"));
        _clock = clock;
        PublicUrl = publicUrl;
        Metrics = metrics.Recon;
        Uploads = UploadBook.Open(Path.Combine(root, "uploads"), clock, reserve, logger);
        Tokens = new DownloadTokens(clock);
        Builder = new ReconBuilder(_folder, rows, reserve, institutions, scheduler, clock, metrics.Recon, logger);
        Logger = logger;
    }

    internal UploadBook Uploads { get; }

    internal DownloadTokens Tokens { get; }

    internal ReconBuilder Builder { get; }

    internal GatewayMetrics.ReconMetrics Metrics { get; }

    internal ILogger Logger { get; }

    /// <summary>Where institutions reach this gateway; null: where each of them says it does.</summary>
    internal Uri? PublicUrl { get; }

    /// <summary>Opens what is in <c>recon/</c> of the data directory; files are made of the day files' rows. Nothing is built before <see cref="Start"/>.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static Reconciliation Open(
        string dataDirectory, DayStore days, IReadOnlyList<InstId> institutions, Uri? publicUrl, long diskReserveBytes, IScheduler scheduler, TimeProvider clock,
        GatewayMetrics metrics, ILogger<Reconciliation> logger) => Open(dataDirectory, new DayRows(days), institutions, publicUrl, diskReserveBytes, scheduler, clock, metrics, logger);

    internal static Reconciliation Open(
        string dataDirectory, IFinalRows rows, IReadOnlyList<InstId> institutions, Uri? publicUrl, long diskReserveBytes, IScheduler scheduler, TimeProvider clock,
        GatewayMetrics metrics, ILogger<Reconciliation> logger) =>
        new(Path.Combine(dataDirectory, "recon"), rows, institutions, publicUrl, diskReserveBytes, scheduler, clock, metrics, logger);

    /// <summary>Begins to build.</summary>
    /// <param name="catchUp">Returns when everything durable is among the rows.</param>
    public void Start(Func<CancellationToken, ValueTask> catchUp) => Builder.Start(catchUp);

    /// <summary>Builds a day's files now, finished ones once more to hold them against what they are; null while the day is not closed, or not kept any more.</summary>
    public ReconRun? Build(BeijingDay day, InstId? only) => Builder.IsClosed(day) && !IsGone(day) ? Builder.Begin(day, only) : null;

    /// <summary>The finished file that a token was given for; null for any other text, and once it has ended.</summary>
    public ReconDownload? Fetch(ReadOnlySpan<char> token) =>
        Tokens.Find(token) is { } name && _folder.Find(name) is { } facts ? new ReconDownload(name.ToString(), _folder.PathOf(name), facts.Sha256) : null;

    public void Dispose()
    {
        Builder.Dispose();
        Uploads.Dispose();
    }

    /// <summary>Looks numbers up in a finished file.</summary>
    /// <exception cref="IOException">It is gone, or the disk does not give it.</exception>
    internal FileNumbers NumbersOf(ReconFileName name) => new(_folder.PathOf(name));

    /// <summary>B012 before 10:00 of the next day, C003 after 180 days, else None.</summary>
    internal RespCode MayBeAsked(BeijingDay day) =>
        IsGone(day) ? RespCode.MemberIllegal
        : NowMs < (day + 1).StartMs + (long)ReadyAt.TotalMilliseconds ? RespCode.ReconNotReady
        : RespCode.None;

    private long NowMs => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private bool IsGone(BeijingDay day) => BeijingDay.Of(NowMs).Number - day.Number > ReconFolder.KeptDays;
}

/// <summary>A file to be sent.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Sha256">Its hash, hexadecimal.</param>
public sealed record ReconDownload(string Name, string Path, string Sha256);
