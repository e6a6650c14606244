namespace HotPath.Core.Clearing.Adapters.Http;

/// <summary>How the HTTP adapter reaches its channel.</summary>
public sealed record HttpClearingOptions
{
    /// <summary>What <c>/v1/pay</c>, <c>/v1/refund</c>, <c>/v1/inquire</c> and <c>/v1/reverse</c> are appended to: an absolute http or https address.</summary>
    public required Uri BaseAddress { get; init; }

    /// <summary>From handing over the request to the last byte of the answer. Default 15 s. Range 10 ms to 60 s.</summary>
    // Protocol section 5: the channel call lives on to 15 s, six times the answer budget of a payment.
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>DNS, TCP and TLS handshake of a new connection. Default 2 s. Range 10 ms to 15 s.</summary>
    // Below the answer budget of 2.5 s: a channel that cannot be reached is known before the institution must be answered. Another channel is tried when 0.5 s are left of it: not below 2 s.
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Connections to the channel at once for payments and refunds. Default 1,024. Range 1 to 16,384.</summary>
    // HTTP/1.1 carries one call a connection: 10,000 payments/s at 100 ms. Well below the 28,232 ports Linux has for one destination. What the channel has credits for beyond that waits for
    // a connection inside the HTTP library, within its deadline.
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Connections beside these for inquiries, reversals and probes. Default 143. Range 1 to 4,096.</summary>
    // As many as may be under way at the default pace, and two probes: the one before, which nobody awaits any more, may still hang. None of them is to wait behind payments that do.
    public int MaxInquiryConnections { get; init; } = InquiryBudget.MostUnderWayOf(500) + ProbesUnderWay;

    /// <summary>Probes of a breaker that may be under way at once: each is given up after 10 s, its call after the deadline.</summary>
    public const int ProbesUnderWay = 2;

    /// <summary>Largest accepted answer body, in bytes. Default 65,536 (64 KiB). Range 1,024 to 1,048,576.</summary>
    // An answer is about 200 bytes; the rest is room for members of a channel that we do not read.
    public int MaxAnswerBytes { get; init; } = 64 * 1024;

    /// <summary>Refuses what is out of range, naming the option.</summary>
    internal void Validate()
    {
        if (!BaseAddress.IsAbsoluteUri || (BaseAddress.Scheme != Uri.UriSchemeHttp && BaseAddress.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"{nameof(BaseAddress)} must be an absolute http or https address: {BaseAddress}");
        }
        Check(nameof(Deadline), Deadline.TotalMilliseconds, 10, 60_000);
        Check(nameof(ConnectTimeout), ConnectTimeout.TotalMilliseconds, 10, 15_000);
        Check(nameof(MaxConnections), MaxConnections, 1, 16_384);
        Check(nameof(MaxInquiryConnections), MaxInquiryConnections, 1, 4_096);
        Check(nameof(MaxAnswerBytes), MaxAnswerBytes, 1024, 1024 * 1024);
    }

    private static void Check(string name, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, $"must be {least} to {most}");
        }
    }
}
