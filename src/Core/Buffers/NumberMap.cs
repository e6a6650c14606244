using HotPath.Core.Model;

namespace HotPath.Core.Buffers;

/// <summary>
/// Which slot a number has. Many small dictionaries instead of a large one: a dictionary that grows copies itself, and of a million entries that would be
/// 30 ms for whoever happened to add the one too many; here it is a 64th of that. Not thread-safe.
/// </summary>
internal sealed class NumberMap
{
    private const int PartBits = 6;

    // 2^64 divided by the golden ratio: the upper bits of the product depend on all bits of the number, whose lower ones are mostly zero.
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    // So many at once leave room behind that is worth giving back.
    private const int Many = 16_384;

    private readonly Dictionary<TradeNo, int>[] _parts = [.. Enumerable.Range(0, 1 << PartBits).Select(_ => new Dictionary<TradeNo, int>())];

    private int _most;

    internal int Count { get; private set; }

    internal bool TryGet(TradeNo number, out int slot) => PartOf(number).TryGetValue(number, out slot);

    internal void Add(TradeNo number, int slot)
    {
        PartOf(number).Add(number, slot);
        _most = Math.Max(_most, ++Count);
    }

    internal void Move(TradeNo number, int slot) => PartOf(number)[number] = slot;

    internal bool Remove(TradeNo number, out int slot)
    {
        bool isThere = PartOf(number).Remove(number, out slot);
        Count -= isThere ? 1 : 0;
        if (Count == 0 && _most > Many)
        {
            TrimExcess();
        }
        return isThere;
    }

    // After an outage: what a million needed is given back.
    private void TrimExcess()
    {
        foreach (Dictionary<TradeNo, int> part in _parts)
        {
            part.TrimExcess();
        }
        _most = 0;
    }

    private Dictionary<TradeNo, int> PartOf(TradeNo number) => _parts[(number.Stamp * Spread) >> (64 - PartBits)];
}
