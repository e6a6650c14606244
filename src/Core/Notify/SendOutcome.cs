namespace HotPath.Core.Notify;

/// <summary>How one attempt to deliver a notification ended. The number is stored: never reuse one.</summary>
public enum SendOutcome : byte
{
    /// <summary>Not tried yet.</summary>
    None = 0,

    /// <summary>HTTP 200 with body <c>success</c>.</summary>
    Acknowledged = 1,

    /// <summary>The name has no address, nobody takes the connection, or it broke.</summary>
    Unreachable = 2,

    /// <summary>The name leads to an address that a notification must not go to (F51).</summary>
    AddressRefused = 3,

    /// <summary>No TLS 1.2 or 1.3, or its certificate is not good for its name.</summary>
    TlsFailed = 4,

    /// <summary>No whole answer in time.</summary>
    TimedOut = 5,

    /// <summary>Another status than 200; redirects are not followed.</summary>
    OtherStatus = 6,

    /// <summary>HTTP 200 with another body.</summary>
    OtherBody = 7,

    /// <summary>The institution has no notify_url any more.</summary>
    NoTarget = 8,

    /// <summary>Nothing was sent: the book stands still, or the gateway is stopping.</summary>
    NotSent = 9,

    /// <summary>There is no such final trade or refund in the book.</summary>
    NotInBook = 10,

    /// <summary>What the book holds of it cannot be read or signed.</summary>
    NotMade = 11,
}

/// <summary>The names of <see cref="SendOutcome"/> in metrics, log lines and lists.</summary>
public static class SendOutcomes
{
    public static string Name(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Acknowledged => "acknowledged",
        SendOutcome.Unreachable => "unreachable",
        SendOutcome.AddressRefused => "address_refused",
        SendOutcome.TlsFailed => "tls_failed",
        SendOutcome.TimedOut => "timed_out",
        SendOutcome.OtherStatus => "other_status",
        SendOutcome.OtherBody => "other_body",
        SendOutcome.NoTarget => "no_target",
        SendOutcome.NotSent => "not_sent",
        SendOutcome.NotInBook => "not_in_book",
        SendOutcome.NotMade => "not_made",
        _ => "none",
    };
}
