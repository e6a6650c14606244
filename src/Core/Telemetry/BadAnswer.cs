namespace HotPath.Core.Telemetry;

/// <summary>
/// What can be wrong with what a channel says, for the label <c>kind</c>. A channel's answer is input: none of these is ever taken for a success, and each is counted
/// (failure model F16). Silence is none of them: nothing was said.
/// </summary>
public enum BadAnswer : byte
{
    /// <summary>Nothing is.</summary>
    None = 0,

    /// <summary>Not the channel's language: not HTTP or JSON, a bitmap, length or content that cannot be, a member twice, an ill-formed number.</summary>
    Malformed,

    /// <summary>Longer than any answer may be. It was not read to its end.</summary>
    TooLong,

    /// <summary>The connection ended before the answer was whole, or had begun.</summary>
    CutShort,

    /// <summary>It had begun, and was not whole when the call's time was over.</summary>
    TooSlow,

    /// <summary>About another payment or refund, or an answer to another question.</summary>
    WrongReference,

    /// <summary>About another amount.</summary>
    WrongAmount,

    /// <summary>About another currency.</summary>
    WrongCurrency,

    /// <summary>A result or a reason that is not in the channel's table, none that answers this question, or two that contradict each other.</summary>
    UnknownCode,

    /// <summary>An error instead of an answer: an HTTP status but 200, a response code that says so.</summary>
    Refused,

    /// <summary>Its message authentication code is wrong, missing, of another length, or there and no key is known.</summary>
    WrongMac,

    /// <summary>The same call was answered before.</summary>
    Twice,

    /// <summary>Its call's time was over.</summary>
    Late,

    /// <summary>Nobody asked.</summary>
    ToNobody,

    /// <summary>No answer but a demand that we do not serve: sign-on, sign-off, a change of keys. It was refused.</summary>
    Unsupported,
}
