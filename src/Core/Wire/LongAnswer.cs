using System.Buffers;
using Microsoft.Extensions.ObjectPool;

namespace HotPath.Core.Wire;

/// <summary>
/// Room for an answer that holds a list: a page of 100 trades is 40 to 70 KiB, twenty times any other answer. Pooled, so that ordinary slots stay small;
/// an <see cref="AnswerBuffer"/> has one from <see cref="AnswerBuffer.BeginList"/> until it is cleared.
/// </summary>
internal sealed class LongAnswer
{
    // Made and dropped again beyond these: 64 pages at once are 12 MiB.
    private const int Retained = 64;

    private const int UsualBytes = 64 * 1024;

    private static readonly DefaultObjectPool<LongAnswer> Pool = new(new DefaultPooledObjectPolicy<LongAnswer>(), Retained);

    private byte[] _text = new byte[UsualBytes];

    /// <summary>The list, as the member's value.</summary>
    internal ArrayBufferWriter<byte> List { get; } = new(UsualBytes);

    /// <summary>The sealed answer.</summary>
    internal ArrayBufferWriter<byte> Json { get; } = new(UsualBytes);

    internal static LongAnswer Rent() => Pool.Get();

    internal void GiveBack()
    {
        List.ResetWrittenCount();
        Pool.Return(this);
    }

    /// <summary>Room for a signing string of this length; what was in it is gone.</summary>
    internal byte[] Text(int length) => _text.Length >= length ? _text : _text = new byte[Math.Max(length, 2 * _text.Length)];
}
