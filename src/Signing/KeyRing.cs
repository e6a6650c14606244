using System.Text;

namespace HotPath.Signing;

/// <summary>A registered public key and the time it counts.</summary>
/// <param name="KeyId">The name an institution may send as key_id.</param>
/// <param name="Key">The key.</param>
/// <param name="NotBeforeMs">First valid moment, Unix milliseconds.</param>
/// <param name="NotAfterMs">First moment it is no longer valid, Unix milliseconds.</param>
public sealed record RegisteredKey(string KeyId, VerifyingKey Key, long NotBeforeMs = 0, long NotAfterMs = long.MaxValue)
{
    internal byte[] KeyIdUtf8 { get; } = Encoding.UTF8.GetBytes(KeyId);

    public bool IsValidAt(long nowMs) => nowMs >= NotBeforeMs && nowMs < NotAfterMs;
}

/// <summary>
/// An institution's public keys, all of one sign type. Immutable: a change is a new ring, swapped in whole, so that no request sees half of it.
/// </summary>
public sealed class KeyRing
{
    private readonly RegisteredKey[] _keys;

    /// <param name="keys">Newest first: without a key_id they are tried in this order.</param>
    /// <exception cref="ArgumentException">Keys of more than one sign type.</exception>
    public KeyRing(IEnumerable<RegisteredKey> keys)
    {
        _keys = [.. keys];
        SignType = _keys.Length == 0 ? SignType.Rsa2 : _keys[0].Key.SignType;
        if (_keys.Any(key => key.Key.SignType != SignType))
        {
            throw new ArgumentException("a ring's keys are of one sign type", nameof(keys));
        }
    }

    public IReadOnlyList<RegisteredKey> Keys => _keys;

    /// <summary>What every key of it verifies. An empty ring believes nobody, whatever this says.</summary>
    public SignType SignType { get; }

    /// <summary>
    /// True when a key that is valid now made <paramref name="signature"/>: the one named <paramref name="keyId"/>, or any when it is empty.
    /// </summary>
    /// <param name="verifications">How many full verifications were paid: the caller makes up for the rest, so that time tells nothing.</param>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> keyId, long nowMs, out int verifications)
    {
        verifications = 0;
        foreach (RegisteredKey key in _keys)
        {
            bool isAsked = key.IsValidAt(nowMs) && (keyId.IsEmpty || keyId.SequenceEqual(key.KeyIdUtf8));
            if (isAsked && key.Key.CouldHaveMade(signature))
            {
                verifications++;
                if (key.Key.Verify(text, signature))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
