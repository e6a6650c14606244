namespace HotPath.Signing;

/// <summary>
/// The keys that sign the gateway's answers: one of RSA2, and one of ES256 where institutions are registered with it. Rotation is one swap:
/// an answer that is being signed keeps the key it took.
/// </summary>
public sealed class GatewayKeys
{
    private volatile SigningKey _rsa2;
    private volatile SigningKey? _es256;

    /// <exception cref="ArgumentException">A key is of the other's type.</exception>
    public GatewayKeys(SigningKey rsa2, SigningKey? es256 = null)
    {
        _rsa2 = Require(rsa2, SignType.Rsa2);
        _es256 = es256 is null ? null : Require(es256, SignType.Es256);
    }

    /// <summary>
    /// The key for the next signature of this type; RSA2's where there is none of it, so that every answer is signed.
    /// Take it once: key_id and signature must be of the same key.
    /// </summary>
    public SigningKey For(SignType type) => type == SignType.Es256 ? _es256 ?? _rsa2 : _rsa2;

    /// <summary>Replaces the key of the next one's type.</summary>
    public void Swap(SigningKey next)
    {
        if (next.SignType == SignType.Es256)
        {
            _es256 = next;
        }
        else
        {
            _rsa2 = next;
        }
    }

    private static SigningKey Require(SigningKey key, SignType type) =>
        key.SignType == type ? key : throw new ArgumentException($"a key of {SignTypes.Name(key.SignType)} where one of {SignTypes.Name(type)} is needed");
}
