namespace HotPath.Core.Recon;

/// <summary>A day's files that an operator asked for, and how far it is. Written by the builder's thread, read by any.</summary>
public sealed class ReconRun
{
    private readonly int[] _results = new int[(int)BuildResult.Differs + 1];
    private int _failed;
    private long _done;

    internal ReconRun(int files, long inAll)
    {
        Files = files;
        InAll = inAll;
    }

    /// <summary>How many there are to build.</summary>
    public int Files { get; }

    /// <summary>How much there is to read for them, in no particular unit.</summary>
    public long InAll { get; }

    /// <summary>How much of that is read.</summary>
    public long Done => Volatile.Read(ref _done);

    public int Built => Volatile.Read(ref _results[(int)BuildResult.Built]);

    /// <summary>Were finished before, and are the same again.</summary>
    public int Same => Volatile.Read(ref _results[(int)BuildResult.Same]);

    /// <summary>Were finished before, and would be others now: the finished ones stay.</summary>
    public int Differs => Volatile.Read(ref _results[(int)BuildResult.Differs]);

    /// <summary>Could not be built; the log says why.</summary>
    public int Failed => Volatile.Read(ref _failed);

    public bool IsOver => Built + Same + Differs + Failed == Files;

    internal void Read(long more) => Interlocked.Add(ref _done, more);

    internal void Ended(BuildResult result) => Interlocked.Increment(ref _results[(int)result]);

    internal void EndedBadly() => Interlocked.Increment(ref _failed);
}
