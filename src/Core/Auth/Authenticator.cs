using HotPath.Core.Model;
using HotPath.Signing;

namespace HotPath.Core.Auth;

/// <summary>Step 3 of the corridor: is this really the institution it says it is?</summary>
public sealed class Authenticator(InstitutionDirectory institutions)
{
    /// <summary>
    /// The institution whose key signed <paramref name="signingText"/>, or null: unknown institution, unknown or expired key, a signature
    /// that is none or not its own. All of them take the time of as many verifications as the largest key ring has keys, and are answered alike (D001). What is left to see
    /// is an institution whose keys are longer than the decoy's 2048 bits.
    /// </summary>
    public Institution? Authenticate(
        ReadOnlySpan<byte> instId, ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> signingText, ReadOnlySpan<byte> signBase64, long nowMs)
    {
        Span<byte> signature = stackalloc byte[RsaSigningKey.MaxSignatureLength];
        Institution? institution = institutions.Find(InstId.From(instId));
        bool isReadable = StrictBase64.TryDecode(signBase64, signature, out int length);
        int verifications = 0;
        if (institution is not null && isReadable && institution.Keys.Verify(signingText, signature[..length], keyId, nowMs, out verifications))
        {
            return institution;
        }
        DecoyKey.Verify(signingText, institutions.LargestRing - verifications);
        return null;
    }
}
