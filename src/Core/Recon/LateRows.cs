using System.Runtime.InteropServices;
using HotPath.Core.Model;
using Microsoft.Win32.SafeHandles;

namespace HotPath.Core.Recon;

/// <summary>
/// The rows that came too late for a <see cref="SortWindow"/>: sorted in portions, every full portion put aside into a file, and read back in one order.
/// Memory is one portion and a small piece of each that was put aside.
/// </summary>
internal sealed class LateRows(string path, int portion) : IDisposable
{
    // 32 KiB or less of each portion at a time.
    private const int RowsAtOnce = 64;

    private ReconRow[] _rows = new ReconRow[Math.Min(portion, 64)];
    private readonly List<Run> _runs = [];
    private readonly PriorityQueue<Run, TradeNo> _order = new();
    private SafeFileHandle? _file;
    private long _written;
    private int _count;

    /// <summary>How many there are.</summary>
    internal long Count { get; private set; }

    internal bool IsEmpty => _order.Count == 0;

    /// <summary>The smallest number that was not taken yet.</summary>
    internal TradeNo Smallest => _order.Peek().Current.Number;

    /// <exception cref="IOException">A portion cannot be put aside.</exception>
    internal void Add(in ReconRow row)
    {
        if (_count == portion)
        {
            PutAside();
        }
        else if (_count == _rows.Length)
        {
            Array.Resize(ref _rows, Math.Min(portion, 2 * _rows.Length));
        }
        _rows[_count++] = row;
        Count++;
    }

    /// <summary>All have come: from now on they are taken.</summary>
    internal void Close()
    {
        Sort();
        if (_count > 0)
        {
            _runs.Add(new Run(_rows.AsMemory(0, _count)));
        }
        foreach (Run run in _runs)
        {
            run.Begin(_file);
            _order.Enqueue(run, run.Current.Number);
        }
    }

    /// <summary>Gives the smallest.</summary>
    internal ReconRow Take()
    {
        Run run = _order.Dequeue();
        ReconRow row = run.Current;
        if (run.MoveNext(_file))
        {
            _order.Enqueue(run, run.Current.Number);
        }
        return row;
    }

    public void Dispose()
    {
        if (_file is not null)
        {
            _file.Dispose();
            File.Delete(path);
        }
    }

    private void PutAside()
    {
        Sort();
        _file ??= File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(_rows.AsSpan());
        RandomAccess.Write(_file, bytes, _written);
        _runs.Add(new Run(_written, _rows.Length));
        _written += bytes.Length;
        _count = 0;
    }

    private void Sort() => _rows.AsSpan(0, _count).Sort(static (left, right) => left.Number.CompareTo(right.Number));

    /// <summary>One sorted portion, in memory or in the file.</summary>
    private sealed class Run
    {
        private readonly long _offset;
        private readonly int _length;
        private Memory<ReconRow> _piece;
        private int _at;
        private int _read;

        internal Run(Memory<ReconRow> rows) => (_piece, _length, _read) = (rows, rows.Length, rows.Length);

        internal Run(long offset, int length) => (_offset, _length) = (offset, length);

        internal ReconRow Current => _piece.Span[_at];

        internal void Begin(SafeFileHandle? file)
        {
            if (_read == 0)
            {
                _piece = new ReconRow[RowsAtOnce];
                Fill(file!);
            }
        }

        internal bool MoveNext(SafeFileHandle? file)
        {
            if (++_at < _piece.Length)
            {
                return true;
            }
            return _read < _length && Fill(file!);
        }

        private bool Fill(SafeFileHandle file)
        {
            int count = Math.Min(RowsAtOnce, _length - _read);
            _piece = _piece[..count];
            Span<byte> into = MemoryMarshal.AsBytes(_piece.Span);
            long from = _offset + ((long)_read * System.Runtime.CompilerServices.Unsafe.SizeOf<ReconRow>());
            for (int done = 0; done < into.Length;)
            {
                int got = RandomAccess.Read(file, into[done..], from + done);
                done += got > 0 ? got : throw new IOException("rows that were put aside are gone");
            }
            _read += count;
            _at = 0;
            return true;
        }
    }
}
