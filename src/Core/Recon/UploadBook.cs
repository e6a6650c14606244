using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using HotPath.Core.Ledger;
using HotPath.Core.Ledger.Embedded;
using HotPath.Core.Model;
using Microsoft.Extensions.Logging;

namespace HotPath.Core.Recon;

/// <summary>
/// The results of reconciliation that institutions sent: one file each, all versions kept, and of the last 24 hours their req_ids and answers in memory. Any
/// thread.
/// </summary>
/// <remarks><c>DIR/&lt;inst&gt;/&lt;day&gt;_&lt;TRADE|REFUND&gt;_&lt;version&gt;_&lt;recon_id&gt;.json</c>; the highest version counts.</remarks>
internal sealed partial class UploadBook : IDisposable
{
    /// <summary>Versions of one file's result. More is no correction any more (D004).</summary>
    internal const int MostVersions = 100;

    private const long KnownForMs = 24 * 3600 * 1000L;

    private readonly string _root;
    private readonly TimeProvider _clock;
    private readonly DiskReserve _reserve;
    private readonly ConcurrentDictionary<Key, Known> _known = new();
    private readonly SemaphoreSlim _turn = new(1);
    private int _knownCount;

    private UploadBook(string root, TimeProvider clock, DiskReserve reserve)
    {
        _root = root;
        _reserve = reserve;
        _clock = clock;
    }

    /// <summary>
    /// Reads what was sent within the last 24 hours; what a crash left half-written is removed. One that is damaged is told and left where it is: payments
    /// do not wait for it, and all it takes is that a repetition of that upload is a new version.
    /// </summary>
    /// <exception cref="IOException">The disk.</exception>
    internal static UploadBook Open(string root, TimeProvider clock, DiskReserve reserve, ILogger logger)
    {
        FileStorage.Instance.CreateDirectory(root);
        var book = new UploadBook(root, clock, reserve);
        foreach (string path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).ToArray())
        {
            if (path.EndsWith(".part", StringComparison.Ordinal))
            {
                File.Delete(path);
            }
            else if (book.IsRecent(IdOf(path).UnixMs) && !book.TryKeep(File.ReadAllBytes(path)))
            {
                LogDamaged(logger, path);
            }
        }
        return book;
    }

    /// <summary>What is known of this req_id; the answer that it got where the content is the same.</summary>
    internal ReqIdState Recall(InstId instId, ReadOnlySpan<byte> reqId, in Digest fingerprint, out ReadOnlyMemory<byte> answer)
    {
        answer = default;
        // Every payment asks; mostly there is nothing to look for.
        if (Volatile.Read(ref _knownCount) == 0 || !_known.TryGetValue(Key.Of(instId, reqId), out Known? known) || !IsRecent(known.AtMs))
        {
            return ReqIdState.Free;
        }
        answer = known.Answer;
        return known.Fingerprint == fingerprint ? ReqIdState.Replay : ReqIdState.OtherContent;
    }

    /// <summary>Takes the turn in which an upload is judged, answered and kept: of two with one req_id the second finds the first.</summary>
    internal async ValueTask<Turn> EnterAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        return new Turn(_turn);
    }

    /// <summary>How many results this file has; in a turn.</summary>
    internal int Versions(ReconFileName name)
    {
        string folder = FolderOf(name.InstId);
        return Directory.Exists(folder) ? Directory.GetFiles(folder, $"{name.Day}_{ReconTypes.Name(name.Type)}_*.json").Length : 0;
    }

    /// <summary>Keeps a result; it is durable on return. In a turn.</summary>
    /// <exception cref="IOException">The disk, or too little is free on it: nothing was kept.</exception>
    internal void Add(ReconFileName name, StoredUpload upload)
    {
        _reserve.Require();
        string folder = FolderOf(name.InstId);
        FileStorage.Instance.CreateDirectory(folder);
        string path = Path.Combine(folder, $"{name.Day}_{ReconTypes.Name(name.Type)}_{upload.Version:D4}_{upload.ReconId}.json");
        using (FileStream file = new(path + ".part", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, upload, UploadJson.Default.StoredUpload);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".part", path);
        LibC.SyncPath(folder);
        Forget();
        Keep(upload);
    }

    public void Dispose() => _turn.Dispose();

    private static TradeNo IdOf(string path) => TradeNo.Parse(Encoding.UTF8.GetBytes(Path.GetFileNameWithoutExtension(path).Split('_')[^1]));

    private bool IsRecent(long unixMs) => _clock.GetUtcNow().ToUnixTimeMilliseconds() - unixMs < KnownForMs;

    private string FolderOf(InstId instId) => Path.Combine(_root, instId.ToString());

    private bool TryKeep(byte[] json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, UploadJson.Default.StoredUpload) is not { } upload)
            {
                return false;
            }
            Keep(upload);
            return true;
        }
        catch (Exception failure) when (failure is JsonException or FormatException or ArgumentException)
        {
            return false;
        }
    }

    private void Keep(StoredUpload upload)
    {
        var known = new Known(Digest.Read(Convert.FromHexString(upload.Fingerprint)), TradeNo.Parse(Encoding.ASCII.GetBytes(upload.ReconId)).UnixMs, Encoding.UTF8.GetBytes(upload.Answer));
        _known[Key.Of(InstId.From(upload.InstId), Encoding.ASCII.GetBytes(upload.ReqId))] = known;
        Volatile.Write(ref _knownCount, _known.Count);
    }

    private void Forget()
    {
        foreach ((Key key, Known known) in _known)
        {
            if (!IsRecent(known.AtMs))
            {
                _known.TryRemove(key, out _);
            }
        }
    }

    [LoggerMessage(EventId = 413, Level = LogLevel.Error, Message = "{Path}, what an institution uploaded, is damaged: it is left where it is")]
    private static partial void LogDamaged(ILogger logger, string path);

    /// <summary>A turn; ends when it is disposed.</summary>
    internal readonly struct Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }

    /// <summary>An institution's req_id. 128 bits of hash: an institution that made two collide would refuse its own second request.</summary>
    private readonly record struct Key(InstId InstId, UInt128 ReqId)
    {
        internal static Key Of(InstId instId, ReadOnlySpan<byte> reqId) => new(instId, XxHash128.HashToUInt128(reqId));
    }

    private sealed record Known(Digest Fingerprint, long AtMs, byte[] Answer);
}
