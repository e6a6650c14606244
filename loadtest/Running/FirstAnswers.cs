namespace HotPath.LoadTest.Running;

/// <summary>
/// The first final answer to each of a number of bodies, and whether a later one differs: 4.3 and the protocol's section 3 promise the same
/// bytes for ever. A 0001 is no final answer and may be followed by anything.
/// </summary>
/// <param name="bodies">Bodies; call number <c>i</c> of a run that goes round sends body <c>i % bodies</c>.</param>
internal sealed class FirstAnswers(int bodies)
{
    private readonly byte[]?[] _answers = new byte[bodies][];

    /// <summary>Bodies whose final answer is known.</summary>
    public int Known => _answers.Count(static answer => answer is not null);

    /// <summary>True when this is not what the same body was answered before.</summary>
    public bool Differs(int index, ReadOnlySpan<byte> answer)
    {
        ref byte[]? first = ref _answers[index % _answers.Length];
        byte[]? known = Volatile.Read(ref first);
        bool isFinal = answer.IndexOf("\"resp_code\":\"0000\""u8) >= 0 || answer.IndexOf("\"resp_code\":\"B"u8) >= 0;
        if (known is null && isFinal)
        {
            known = Interlocked.CompareExchange(ref first, answer.ToArray(), null);
        }
        return known is not null && !answer.SequenceEqual(known);
    }
}
