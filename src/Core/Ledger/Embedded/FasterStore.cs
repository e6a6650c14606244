using System.IO.Hashing;
using FASTER.core;
using HotPath.Core.Runtime;

namespace HotPath.Core.Ledger.Embedded;

/// <summary>
/// One FASTER store of fixed-size values. What it does for us: a hash index larger than our memory for records. What it does not: it
/// is never the truth, so its losses cost a rebuild and its errors an error.
/// </summary>
/// <remarks>
/// One writing session (the ledger thread's). Readers rent sessions; a session is never used by two threads at once. A read that goes to
/// disk is over when the device's call returns; what it found counts only if the disk has never failed.
/// </remarks>
internal sealed class FasterStore<TValue> : IDisposable
    where TValue : unmanaged
{
    /// <summary>Part of the memory in which values change in place. Only new trades get a result, so a small part would do.</summary>
    private const double MutableFraction = 0.5;

    private const int RecordHeaderBytes = 8;
    private const int MinPageBytes = 64 * 1024;
    private const int MaxPageBytes = 4 * 1024 * 1024;
    private const long FileSegmentBytes = 1L << 30;

    private readonly FasterKV<IndexKey, TValue> _store;
    private readonly IndexDevice _device;
    private readonly IndexFailure _failure;
    private readonly CheckpointFiles _checkpoints;
    private readonly StoreFunctions<TValue> _functions;
    private readonly Session _writer;
    private readonly RecordLogSum _sum;
    private Task? _checkpointing;

    /// <param name="directory">Of this store alone.</param>
    /// <param name="hashBytes">Memory of the hash index: 64 bytes for 7 keys; a power of two.</param>
    /// <param name="memoryBytes">Memory of the record log; a power of two.</param>
    /// <param name="changeInPlace">Changes a value in place, or says that a new record is needed.</param>
    /// <param name="disk">Where its files are and what happens when that fails.</param>
    internal FasterStore(string directory, long hashBytes, long memoryBytes, ChangeInPlace<TValue> changeInPlace, in IndexDisk disk)
    {
        _functions = new StoreFunctions<TValue>(changeInPlace);
        string path = Path.Combine(directory, "records.log");
        _failure = disk.Failure;
        _device = new IndexDevice(path, disk.Storage, disk.Scheduler, disk.Failure);
        long pageBytes = Math.Clamp(memoryBytes / 16, MinPageBytes, MaxPageBytes);
        _sum = new RecordLogSum(_device, pageBytes, RecordBytes);
        _checkpoints = new CheckpointFiles(directory, disk.Storage);
        _store = new FasterKV<IndexKey, TValue>(new FasterKVSettings<IndexKey, TValue>
        {
            IndexSize = hashBytes,
            LogDevice = _device,
            MemorySize = memoryBytes,
            PageSize = pageBytes,
            SegmentSize = FileSegmentBytes,
            MutableFraction = MutableFraction,
            CheckpointManager = _checkpoints,
            RemoveOutdatedCheckpoints = false,
            TryRecoverLatest = false,
            // Values change by one store of a word that readers look at (BookEntry), or not at all: nothing to lock.
            ConcurrencyControlMode = ConcurrencyControlMode.None,
            EqualityComparer = new KeyComparer(),
        });
        _writer = NewReader();
    }

    /// <summary>Loads a checkpoint after summing up its records; after an exception the store must be disposed.</summary>
    internal void Recover(Guid token, ulong sum)
    {
        _device.Load(End(token, out _));
        if (Sum(token) != sum)
        {
            throw new IOException("its records are not as they were written");
        }
        _writer.Dispose();
        _store.Recover(Guid.Empty, token, undoNextVersion: false);
        _failure.ThrowIfHappened();
        _writer.Reopen(_store, _functions);
    }

    /// <summary>The sum over all records of a finished checkpoint and what FASTER noted about it.</summary>
    internal ulong Sum(Guid token)
    {
        long end = End(token, out byte[] metadata);
        return XxHash3.HashToUInt64(metadata, (long)_sum.ExtendTo(end));
    }

    internal bool TryGet(in IndexKey key, out TValue value) => _writer.TryGet(key, out value);

    internal void Put(in IndexKey key, in TValue value) => _writer.Put(key, value);

    /// <summary>A session for readers, to be disposed before the store.</summary>
    internal Session NewReader() => new(_store, _functions, _failure);

    /// <summary>
    /// Begins a checkpoint: what is new in the record log is flushed (a fold-over). The hash index is made anew from it at a start.
    /// </summary>
    internal bool TryBeginCheckpoint(out Guid token)
    {
        if (_checkpointing is { IsCompleted: false } || !_store.TryInitiateHybridLogCheckpoint(out token, CheckpointType.FoldOver))
        {
            token = Guid.Empty;
            return false;
        }
        _checkpointing = _store.CompleteCheckpointAsync().AsTask();
        return true;
    }

    internal CheckpointProgress Poll() => _checkpointing switch
    {
        _ when _failure.HasHappened => CheckpointProgress.Failed,
        { IsCompletedSuccessfully: true } => CheckpointProgress.Done,
        { IsCompleted: true } => CheckpointProgress.Failed,
        _ => CheckpointProgress.Running,
    };

    internal void KeepOnly(HashSet<Guid> tokens) => _checkpoints.KeepOnly(tokens);

    public void Dispose()
    {
        _writer.Dispose();
        _device.Dispose();
        _store.Dispose();
        _checkpoints.Dispose();
    }

    private long End(Guid token, out byte[] metadata)
    {
        metadata = _checkpoints.GetLogCheckpointMetadata(token, null!, false, -1);
        using var reader = new StreamReader(new MemoryStream(metadata));
        var checkpoint = default(HybridLogRecoveryInfo);
        checkpoint.Initialize(reader);
        return checkpoint.finalLogicalAddress;
    }

    private static unsafe int RecordBytes => RecordHeaderBytes + sizeof(IndexKey) + sizeof(TValue);

    /// <summary>A FASTER session; one thread at a time.</summary>
    internal sealed class Session : IDisposable
    {
        private readonly IndexFailure _failure;
        private ClientSession<IndexKey, TValue, TValue, TValue, Empty, StoreFunctions<TValue>> _session;

        internal Session(FasterKV<IndexKey, TValue> store, StoreFunctions<TValue> functions, IndexFailure failure)
        {
            _failure = failure;
            _session = New(store, functions);
        }

        internal void Reopen(FasterKV<IndexKey, TValue> store, StoreFunctions<TValue> functions) => _session = New(store, functions);

        internal bool TryGet(in IndexKey key, out TValue value)
        {
            IndexKey wanted = key;
            value = default;
            Status status = _session.Read(ref wanted, ref value);
            if (status.IsPending)
            {
                status = ReadFromDisk(ref value);
            }
            return status.Found || (status.NotFound ? false : throw new IOException($"the index could not be read ({status})"));
        }

        internal void Put(in IndexKey key, in TValue value)
        {
            IndexKey target = key;
            TValue desired = value;
            Status status = _session.Upsert(ref target, ref desired);
            if (status.IsPending)
            {
                _session.CompletePending(wait: true);
            }
            else if (status.IsFaulted)
            {
                throw new IOException($"the index could not be written ({status})");
            }
        }

        public void Dispose() => _session.Dispose();

        private Status ReadFromDisk(ref TValue value)
        {
            _session.CompletePendingWithOutputs(out CompletedOutputIterator<IndexKey, TValue, TValue, TValue, Empty> outputs, wait: true);
            try
            {
                // Before anything else: a read that failed looks exactly like a key that is not there.
                _failure.ThrowIfHappened();
                if (!outputs.Next())
                {
                    throw new IOException("a read of the index came back empty");
                }
                value = outputs.Current.Output;
                return outputs.Current.Status;
            }
            finally
            {
                outputs.Dispose();
            }
        }

        private static ClientSession<IndexKey, TValue, TValue, TValue, Empty, StoreFunctions<TValue>> New(
            FasterKV<IndexKey, TValue> store, StoreFunctions<TValue> functions) =>
            store.For(functions).NewSession<StoreFunctions<TValue>>();
    }

    /// <summary>The key is a strong hash already.</summary>
    private sealed class KeyComparer : IFasterEqualityComparer<IndexKey>
    {
        public long GetHashCode64(ref IndexKey k) => (long)k.A;

        public bool Equals(ref IndexKey k1, ref IndexKey k2) => k1.A == k2.A && k1.B == k2.B;
    }
}

/// <summary>The disk beneath both stores.</summary>
/// <param name="Storage">Where their files are.</param>
/// <param name="Scheduler">Gives each store the thread that writes its pages.</param>
/// <param name="Failure">Shared: what one store's disk did to it, the other's will do.</param>
internal readonly record struct IndexDisk(IJournalStorage Storage, IScheduler Scheduler, IndexFailure Failure);

/// <summary>Changes <paramref name="current"/> to <paramref name="wanted"/> in a way readers may watch; false when it cannot.</summary>
internal delegate bool ChangeInPlace<TValue>(ref TValue current, in TValue wanted);

/// <summary>How FASTER reads and writes our values.</summary>
internal sealed class StoreFunctions<TValue>(ChangeInPlace<TValue> changeInPlace) : FunctionsBase<IndexKey, TValue, TValue, TValue, FASTER.core.Empty>
    where TValue : unmanaged
{
    public override bool SingleReader(ref IndexKey key, ref TValue input, ref TValue value, ref TValue dst, ref ReadInfo readInfo)
    {
        dst = value;
        return true;
    }

    public override bool ConcurrentReader(ref IndexKey key, ref TValue input, ref TValue value, ref TValue dst, ref ReadInfo readInfo)
    {
        dst = value;
        return true;
    }

    public override bool SingleWriter(
        ref IndexKey key, ref TValue input, ref TValue src, ref TValue dst, ref TValue output, ref UpsertInfo upsertInfo, WriteReason reason)
    {
        dst = src;
        return true;
    }

    public override bool ConcurrentWriter(
        ref IndexKey key, ref TValue input, ref TValue src, ref TValue dst, ref TValue output, ref UpsertInfo upsertInfo) =>
        changeInPlace(ref dst, src);
}
