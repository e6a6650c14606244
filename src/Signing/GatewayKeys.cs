namespace HotPath.Signing;

/// <summary>The key that signs the gateway's answers. Rotation is one swap: an answer that is being signed keeps the key it took.</summary>
public sealed class GatewayKeys(RsaSigningKey current)
{
    private volatile RsaSigningKey _current = current;

    /// <summary>The key for the next signature. Take it once: key_id and signature must be of the same key.</summary>
    public RsaSigningKey Current => _current;

    public void Swap(RsaSigningKey next) => _current = next;
}
