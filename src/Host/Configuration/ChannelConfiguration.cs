namespace HotPath.Host.Configuration;

/// <summary>A clearing channel that speaks docs/channel-contract.md.</summary>
internal sealed record ChannelConfiguration
{
    public string? Id { get; set; }

    /// <summary>What it speaks: <c>http</c> or <c>iso8583</c>. Default http.</summary>
    public string Protocol { get; set; } = "http";

    /// <summary>https, or http to this machine. Of iso8583: tls://host:port, or tcp://host:port to this machine or over a leased line.</summary>
    public string? Url { get; set; }

    /// <summary>What only a channel of iso8583 has.</summary>
    public Iso8583Configuration? Iso8583 { get; set; }

    /// <summary>Calls under way at once. Default 4,096. Range 1 to 65,536.</summary>
    public int MaxInFlight { get; set; } = 4096;

    /// <summary>Longest call. Default 15s. Range 10ms to 60s.</summary>
    public string Deadline { get; set; } = "15s";

    /// <summary>How long after it was sent the channel may still come to know a payment or a refund. Default 15s. Range: the deadline to 10m.</summary>
    public string SettleWindow { get; set; } = "15s";

    /// <summary>DNS, TCP and TLS handshake of a connection. Default 2s. Range 10ms to 15s.</summary>
    public string ConnectTimeout { get; set; } = "2s";

    /// <summary>Connections at once for payments and refunds, of http. Default 1,024. Range 1 to 16,384.</summary>
    public int MaxConnections { get; set; } = 1024;

    /// <summary>Inquiries and reversals a second, at most, of what is PENDING. Default 500. Range 1 to 10,000.</summary>
    public int InquiriesPerSecond { get; set; } = 500;

    /// <summary>What opens its breaker: <c>standard</c>, the specification's three rules and operators; <c>by_hand</c>, operators only. Default standard.</summary>
    public string Breaker { get; set; } = "standard";
}

/// <summary>What a channel of iso8583 is configured with beside the rest.</summary>
internal sealed record Iso8583Configuration
{
    /// <summary>Connections, all open all the time. Default 4. Range 1 to 64.</summary>
    public int Connections { get; set; } = 4;

    /// <summary>A connection that heard nothing for so long sends an echo; after twice the time it is made anew. Default 30s. Range 1s to 10m.</summary>
    public string EchoInterval { get; set; } = "30s";

    /// <summary>File with the key of every message's code in hexadecimal digits, 32 bytes or more, readable by its owner only. Default none: messages have no code.</summary>
    public string? MacKey { get; set; }

    /// <summary>PEM file of the authority that the channel's certificate must be of. Default: any that this machine trusts.</summary>
    public string? Authority { get; set; }
}
