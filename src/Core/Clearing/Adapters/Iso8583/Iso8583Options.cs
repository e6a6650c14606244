using System.Security.Cryptography.X509Certificates;

namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>How the ISO 8583 adapter reaches its channel.</summary>
public sealed record Iso8583Options
{
    /// <summary>Where the channel listens: a name or an address.</summary>
    public required string Host { get; init; }

    /// <summary>Its port. Range 1 to 65,535.</summary>
    public required int Port { get; init; }

    /// <summary>TLS 1.2 or 1.3 on top of TCP. Default false.</summary>
    public bool IsTls { get; init; }

    /// <summary>Whose certificate the channel's must be of, of TLS. Default null: any that this machine trusts.</summary>
    public X509Certificate2? Authority { get; init; }

    /// <summary>Seals what is sent, and what comes must be sealed with it. Default null: no message has a code.</summary>
    public MessageMac? Mac { get; init; }

    /// <summary>Connections, all open from the start on. Default 4. Range 1 to 64.</summary>
    // One carries thousands of calls at once. More than one, so that the end of one is not the end of the channel; four, so that a quarter of what is under way is in doubt then.
    public int Connections { get; init; } = 4;

    /// <summary>Calls under way on one connection. Default 8,192. Range 1 to 70,000.</summary>
    // More than a channel's 4,096 payments and what may be inquired beside them (InquiryBudget.MostUnderWay): when one connection is left, it takes them all. The most is that of 65,536
    // payments and 10,000 inquiries a second, with room for echoes; there are 999,999 STANs.
    public int MaxInFlight { get; init; } = 8192;

    /// <summary>Echoes that may be under way on one connection: its own, which it sends twice before it is given up, and the breaker's probes.</summary>
    public const int EchoesUnderWay = 4;

    /// <summary>From handing over the request to the answer. Default 15 s. Range 10 ms to 60 s.</summary>
    // Protocol section 5: the channel call lives on to 15 s, six times the answer budget of a payment.
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>DNS, TCP and TLS handshake of a connection, and how long a call waits for one that is being made. Default 2 s. Range 10 ms to 15 s.</summary>
    // Below the answer budget of 2.5 s, as at the HTTP adapter.
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A connection that has heard nothing for so long sends an echo; after twice the time it is given up. Default 30 s. Range 50 ms to 10 min.</summary>
    // Firewalls on leased lines forget a silent connection after some minutes, and say so to nobody.
    public TimeSpan EchoInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest pause before a connection is tried again. The first is 1/64 of it, then twice as long each time, each shortened by up to a half by chance. Default 6.4 s. Range 64 ms to 60 s.</summary>
    public TimeSpan ReconnectAtMost { get; init; } = TimeSpan.FromSeconds(6.4);

    /// <summary>What shortens the pauses. A simulation, in which nothing may be random, gives its own.</summary>
    public Random Chance { get; init; } = Random.Shared;

    /// <summary>Refuses what is out of range, naming the option.</summary>
    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Host);
        Check(nameof(Port), Port, 1, 65_535);
        Check(nameof(Connections), Connections, 1, 64);
        Check(nameof(MaxInFlight), MaxInFlight, 1, 70_000);
        Check(nameof(Deadline), Deadline.TotalMilliseconds, 10, 60_000);
        Check(nameof(ConnectTimeout), ConnectTimeout.TotalMilliseconds, 10, 15_000);
        Check(nameof(EchoInterval), EchoInterval.TotalMilliseconds, 50, 600_000);
        Check(nameof(ReconnectAtMost), ReconnectAtMost.TotalMilliseconds, 64, 60_000);
    }

    private static void Check(string name, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"must be {least} to {most}");
        }
    }
}
