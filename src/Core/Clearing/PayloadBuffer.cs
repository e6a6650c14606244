using System.Buffers;
using System.Security.Cryptography;

namespace HotPath.Core.Clearing;

/// <summary>
/// The bytes of one request to a channel. Grows as they do, and leaves none behind: what it gives up, on growing or at the end, is zero, for
/// face_data may have been in it.
/// </summary>
/// <remarks>
/// <see cref="ArrayBufferWriter{T}"/> leaves the arrays that it has outgrown to the garbage collector as they are. One owner at a time, as its
/// <see cref="ClearingCall"/>.
/// </remarks>
public sealed class PayloadBuffer : IBufferWriter<byte>
{
    // A payment by code with every member at its longest is 1.4 KB. One by face borrows from the shared pool.
    private readonly byte[] _own = new byte[2048];
    private byte[] _bytes;
    private int _length;

    public PayloadBuffer() => _bytes = _own;

    /// <summary>Valid until the call has ended.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    /// <inheritdoc cref="WrittenMemory"/>
    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, _length);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _length), nameof(count));
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_bytes.Length - _length < Math.Max(1, sizeHint))
        {
            GrowFor(sizeHint);
        }
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Empty again, and zero to its end: a writer that gave up may have written past what it said.</summary>
    internal void Clear()
    {
        GiveUp();
        _bytes = _own;
        _length = 0;
    }

    private void GrowFor(int sizeHint)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * _bytes.Length, _length + sizeHint));
        WrittenSpan.CopyTo(larger);
        GiveUp();
        _bytes = larger;
    }

    private void GiveUp()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        if (_bytes != _own)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }
    }
}
