namespace HotPath.Core.Wire;

/// <summary>
/// Goes over a list of numbers or tokens: a member that is a compact JSON array of strings, as in <c>["T1","T2"]</c>. None of the characters that such a
/// string may hold is ever escaped, so one with a backslash is malformed like one with a blank between.
/// </summary>
internal ref struct TextList(ReadOnlySpan<byte> array)
{
    private readonly ReadOnlySpan<byte> _array = array;
    private int _at;

    /// <summary>The string that was read last.</summary>
    internal ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>It is no such array; what was read before that counts for nothing.</summary>
    internal bool IsMalformed { get; private set; }

    /// <summary>Goes on to the next string; false at the end, or where it is malformed.</summary>
    internal bool Read()
    {
        if (IsMalformed || (_at == 0 && _array.SequenceEqual("[]"u8)))
        {
            return false;
        }
        if (_at == _array.Length - 1 && _at > 0 && _array[_at] == ']')
        {
            return false;
        }
        // An opening bracket or a comma, then a quoted string without a quote in it.
        bool isBegun = _at + 1 < _array.Length && _array[_at] == (_at == 0 ? '[' : ',') && _array[_at + 1] == '"';
        int length = isBegun ? _array[(_at + 2)..].IndexOf((byte)'"') : -1;
        IsMalformed = length < 0 || _array.Slice(_at + 2, length).Contains((byte)'\\');
        if (IsMalformed)
        {
            return false;
        }
        Current = _array.Slice(_at + 2, length);
        _at += length + 3;
        return true;
    }
}
