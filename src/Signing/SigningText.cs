namespace HotPath.Signing;

/// <summary>
/// The signing string: <c>name=value</c> of every member except <c>sign</c>, sorted by name in byte order, joined by <c>&amp;</c>; values
/// decoded, raw UTF-8, no URL encoding. The same rule signs requests, answers and notifications.
/// </summary>
/// <remarks>Written into memory the caller owns. Names must come in ascending order: the caller's tables are sorted, nothing is sorted here.</remarks>
public ref struct SigningText(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private ReadOnlySpan<byte> _lastName;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Text => _buffer[..Length];

    /// <summary>Appends one member.</summary>
    /// <returns>Where the value stands in the text.</returns>
    /// <exception cref="InvalidOperationException">The name does not come after the one before: a caller's bug.</exception>
    public int Append(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_lastName.SequenceCompareTo(name) >= 0 && Length > 0)
        {
            throw new InvalidOperationException("members of a signing string must be appended in ascending order");
        }
        _lastName = name;
        if (Length > 0)
        {
            _buffer[Length++] = (byte)'&';
        }
        name.CopyTo(_buffer[Length..]);
        Length += name.Length;
        _buffer[Length++] = (byte)'=';
        int valueAt = Length;
        value.CopyTo(_buffer[Length..]);
        Length += value.Length;
        return valueAt;
    }
}
