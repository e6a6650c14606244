using FASTER.core;

namespace HotPath.Bench.Baselines;

/// <summary>FasterLog without its metadata files: with FastCommitMode the log alone says how far it is durable. Its fastest way to commit.</summary>
internal sealed class NoCommitFiles : ILogCommitManager
{
    public void Commit(long beginAddress, long untilAddress, byte[] commitMetadata, long commitNum, bool forceWriteMetadata)
    {
    }

    public IEnumerable<long> ListCommits() => [];

    public byte[] GetCommitMetadata(long commitNum) => [];

    public void RemoveCommit(long commitNum)
    {
    }

    public void RemoveAllCommits()
    {
    }

    public void OnRecovery(long commitNum)
    {
    }

    public void Dispose()
    {
    }
}
