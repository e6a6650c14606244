using System.Text;

namespace HotPath.Core.Model;

/// <summary>Something an operator did by hand that payments feel: kept in the journal for whoever asks later.</summary>
/// <param name="AtMs">When, Unix milliseconds.</param>
/// <param name="Act">What: <c>breaker-open</c>, <c>breaker-close</c>, <c>routes-reload</c>, <c>pending-inquire</c>, <c>pending-success</c>, <c>pending-failed</c>, the last two also with <c>-confirmed</c>.</param>
/// <param name="Subject">To what: a channel's name, a route table's hash, or the number of what is PENDING.</param>
/// <param name="Who">By whom, as he called himself.</param>
/// <param name="Why">His reason.</param>
public sealed record OperatorAct(long AtMs, string Act, string Subject, string Who, string Why)
{
    /// <summary>So long its recording is waited for: somebody sits before the terminal, and nothing is done before.</summary>
    public static readonly TimeSpan MostWait = TimeSpan.FromSeconds(5);

    /// <summary>Most bytes of who, in UTF-8.</summary>
    public const int MostWhoBytes = 64;

    /// <summary>Most bytes of why, in UTF-8.</summary>
    public const int MostWhyBytes = 240;

    /// <summary>Whether a text can be kept: 1 to <paramref name="mostBytes"/> bytes, no control characters.</summary>
    public static bool IsText(string text, int mostBytes) =>
        !string.IsNullOrWhiteSpace(text) && Encoding.UTF8.GetByteCount(text) <= mostBytes && !text.Any(char.IsControl);
}
