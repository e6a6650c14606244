using System.Collections.Concurrent;
using FASTER.core;
using HotPath.Core.Runtime;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// The files beneath a FASTER log, in place of FASTER's own device, which hides failed reads, hangs after failed writes and waits on the
/// threads it needs (docs/decisions/0007). Reads happen on the calling thread and are over when the call returns; writes happen on one
/// thread of the device's own, each synced before FASTER hears of it.
/// </summary>
/// <remarks>
/// A failure goes to <see cref="IndexFailure"/> first and only then to FASTER. Of a failed write FASTER hears that it went well, since it
/// would wait for it for ever; what is lost with it can only be read from the disk again, and no such read is believed any more.
/// </remarks>
internal sealed class IndexDevice : StorageDeviceBase, IWorkerBody
{
    private const uint ReadFailed = 5; // EIO

    /// <summary>Pages are copied in parts of this size before they are written: FASTER still marks records in them meanwhile.</summary>
    private const int BytesAtOnce = 256 * 1024;

    /// <summary>One page's write that has not ended by then never will; its thread is left to the end of the process.</summary>
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan IdlePause = TimeSpan.FromSeconds(1);

    private readonly IJournalStorage _storage;
    private readonly IndexFailure _failure;
    private readonly ConcurrentDictionary<int, IJournalFile> _files = new();
    private readonly ConcurrentQueue<PageWrite> _writes = new();
    private readonly byte[] _part = new byte[BytesAtOnce];
    private readonly Lock _opening = new();
    private readonly Lock _writing = new();
    private readonly IWorker _writer;
    private volatile bool _isClosing;

    /// <param name="path">The files are this with <c>.0</c>, <c>.1</c> and so on behind it.</param>
    /// <param name="storage">The disk.</param>
    /// <param name="scheduler">Gives the thread that writes.</param>
    /// <param name="failure">Is told of the first failure.</param>
    internal IndexDevice(string path, IJournalStorage storage, IScheduler scheduler, IndexFailure failure)
        : base(path, SectorSums.SectorBytes, capacity: -1)
    {
        _storage = storage;
        _failure = failure;
        _writer = scheduler.StartWorker("index-writer", this);
    }

    /// <summary>What every sector was last written as.</summary>
    internal SectorSums Sums { get; } = new();

    /// <summary>Sums up what an earlier run has written below <paramref name="end"/>, before FASTER reads it.</summary>
    /// <exception cref="IOException">It cannot be read, or is not there.</exception>
    internal void Load(long end)
    {
        long last = (end + SectorSums.SectorBytes - 1) / SectorSums.SectorBytes * SectorSums.SectorBytes;
        byte[] bytes = new byte[BytesAtOnce];
        for (long at = 0; at < last; at += BytesAtOnce)
        {
            Span<byte> part = bytes.AsSpan(0, (int)Math.Min(BytesAtOnce, last - at));
            Read(at, part);
            Sums.Note(at, part);
        }
    }

    /// <summary>Reads from one file as it is.</summary>
    /// <exception cref="IOException">It cannot be read, or is not there.</exception>
    internal void Read(long address, Span<byte> into)
    {
        int segment = (int)(address / segmentSize);
        long offset = address % segmentSize;
        int read = Open(segment, mayCreate: false).ReadAt(into, offset);
        if (read != into.Length)
        {
            throw new IOException($"{GetSegmentFilename(FileName, segment)} ends at {offset + read}, inside what was written");
        }
    }

    public override unsafe void ReadAsync(
        int segmentId, ulong sourceAddress, nint destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
    {
        var into = new Span<byte>((void*)destinationAddress, (int)readLength);
        // A reader inside FASTER's epoch holds up whoever turns a page, the ledger thread above all; a slow disk must not.
        bool isProtected = epoch is not null && epoch.ThisInstanceProtected();
        if (isProtected)
        {
            epoch!.Suspend();
        }
        bool isRead = TryRead(segmentId, (long)sourceAddress, into);
        if (isProtected)
        {
            epoch!.Resume();
        }
        callback(isRead ? 0 : ReadFailed, isRead ? readLength : 0, context);
    }

    public override void WriteAsync(
        nint sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
    {
        _writes.Enqueue(new PageWrite(sourceAddress, segmentId, (long)destinationAddress, (int)numBytesToWrite, callback, context));
        _writer.Wake();
    }

    public WorkerPause Step()
    {
        while (_writes.TryDequeue(out PageWrite write))
        {
            lock (_writing)
            {
                if (_isClosing)
                {
                    // What no checkpoint waited for is made anew from the journal.
                    continue;
                }
                Write(write);
            }
            write.Callback(0, (uint)write.Length, write.Context);
        }
        return WorkerPause.Idle(IdlePause);
    }

    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result) =>
        throw new NotSupportedException("the index's log is never cut");

    public override void Dispose()
    {
        _isClosing = true;
        if (!_writing.TryEnter(CloseTime))
        {
            return;
        }
        _writing.Exit();
        _writer.Dispose();
        foreach (IJournalFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    private bool TryRead(int segment, long offset, Span<byte> into)
    {
        try
        {
            if (!_failure.HasHappened)
            {
                long address = (segment * segmentSize) + offset;
                Read(address, into);
                if (Sums.Confirm(address, into))
                {
                    return true;
                }
                throw new IOException($"{GetSegmentFilename(FileName, segment)} is not as it was written at {offset}");
            }
        }
        catch (Exception failure)
        {
            _failure.Report(failure);
        }
        // FASTER looks into the buffer all the same. Nothing in it may look like a record, or like a link to one.
        into.Clear();
        return false;
    }

    private unsafe void Write(in PageWrite write)
    {
        if (_failure.HasHappened)
        {
            return;
        }
        try
        {
            var page = new ReadOnlySpan<byte>((void*)write.Source, write.Length);
            IJournalFile file = Open(write.Segment, mayCreate: true);
            for (int at = 0; at < page.Length; at += BytesAtOnce)
            {
                Span<byte> part = _part.AsSpan(0, Math.Min(BytesAtOnce, page.Length - at));
                page.Slice(at, part.Length).CopyTo(part);
                Sums.Note((write.Segment * segmentSize) + write.Offset + at, part);
                file.WriteAt(part, write.Offset + at);
            }
            file.Sync();
        }
        catch (Exception failure)
        {
            _failure.Report(failure);
        }
    }

    private IJournalFile Open(int segment, bool mayCreate)
    {
        if (_files.TryGetValue(segment, out IJournalFile? file))
        {
            return file;
        }
        lock (_opening)
        {
            if (!_files.TryGetValue(segment, out file))
            {
                string path = GetSegmentFilename(FileName, segment);
                bool exists = !mayCreate || _storage.List(Path.GetDirectoryName(path)!).Contains(Path.GetFileName(path));
                file = exists ? _storage.Open(path, isWritable: true) : _storage.Create(path);
                _files[segment] = file;
            }
            return file;
        }
    }

    /// <summary>A flush that FASTER waits for. The callback's owner keeps the page's memory alive.</summary>
    private readonly record struct PageWrite(
        nint Source, int Segment, long Offset, int Length, DeviceIOCompletionCallback Callback, object Context);
}
