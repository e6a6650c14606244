namespace HotPath.Core.Recon;

/// <summary>A day's files that an operator asked for, and how far it is. Written by the builder's thread, read by any.</summary>
public sealed class ReconRun
{
    private readonly int[] _results = new int[(int)BuildResult.Differs + 1];
    private int _failed;
    private long _rows;

    internal ReconRun(int files, long rowsInAll)
    {
        Files = files;
        RowsInAll = rowsInAll;
    }

    /// <summary>How many there are to build.</summary>
    public int Files { get; }

    /// <summary>Rows to read for them, of both readings.</summary>
    public long RowsInAll { get; }

    /// <summary>Rows read so far.</summary>
    public long Rows => Volatile.Read(ref _rows);

    public int Built => Volatile.Read(ref _results[(int)BuildResult.Built]);

    /// <summary>Were finished before, and are the same again.</summary>
    public int Same => Volatile.Read(ref _results[(int)BuildResult.Same]);

    /// <summary>Were finished before, and would be others now: the finished ones stay.</summary>
    public int Differs => Volatile.Read(ref _results[(int)BuildResult.Differs]);

    /// <summary>Could not be built; the log says why.</summary>
    public int Failed => Volatile.Read(ref _failed);

    public bool IsOver => Built + Same + Differs + Failed == Files;

    internal void Read(long rows) => Interlocked.Add(ref _rows, rows);

    internal void Ended(BuildResult result) => Interlocked.Increment(ref _results[(int)result]);

    internal void EndedBadly() => Interlocked.Increment(ref _failed);
}
