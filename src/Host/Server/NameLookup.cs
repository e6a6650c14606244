using System.Collections.Concurrent;
using System.Net;

namespace HotPath.Host.Server;

/// <summary>
/// Asks where names lead, each on a thread of its own. On Linux the runtime asks on threads of the pool and cannot give up: while name servers are silent each
/// name holds one for seconds, and payments wait for the threads that many institutions' names hold. Connections are kept, so few names are asked for at once
/// unless nobody answers; a name has one thread at most.
/// </summary>
/// <param name="ask">Waits for the answer; throws what <see cref="Dns"/> throws.</param>
internal sealed class NameLookup(Func<string, IPAddress[]> ask)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<IPAddress[]>>> _underWay = new(StringComparer.OrdinalIgnoreCase);

    internal static NameLookup OfThisMachine { get; } = new(Dns.GetHostAddresses);

    /// <summary>Those who ask for one name at once get one answer. Cancelled, it goes on for the others.</summary>
    internal Task<IPAddress[]> FindAsync(string host, CancellationToken cancellation) =>
        _underWay.GetOrAdd(host, static (host, self) => new Lazy<Task<IPAddress[]>>(() => self.AskAsync(host)), this).Value.WaitAsync(cancellation);

    private async Task<IPAddress[]> AskAsync(string host)
    {
        try
        {
            return await Task.Factory.StartNew(() => ask(host), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _underWay.TryRemove(host, out _);
        }
    }
}
