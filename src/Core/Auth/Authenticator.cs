using HotPath.Core.Model;
using HotPath.Signing;

namespace HotPath.Core.Auth;

/// <summary>Step 3 of the corridor: is this really the institution it says it is?</summary>
public sealed class Authenticator(InstitutionDirectory institutions, DecoyKeys decoys)
{
    /// <summary>
    /// The institution whose key signed <paramref name="signingText"/>, or null: unknown institution, one registered with another sign type,
    /// unknown or expired key, a signature that is none or not its own. All of them take the time of as many verifications of the asked
    /// <paramref name="signType"/> as the largest ring of that type has keys, and are answered alike (D001): the time depends on the request
    /// alone. What is left to see is an institution whose RSA keys are longer than the decoy's 2048 bits.
    /// </summary>
    public Institution? Authenticate(
        ReadOnlySpan<byte> instId, ReadOnlySpan<byte> keyId, SignType signType, ReadOnlySpan<byte> signingText, ReadOnlySpan<byte> signBase64, long nowMs)
    {
        Span<byte> signature = stackalloc byte[SigningKey.MaxSignatureLength];
        Institution? institution = institutions.Find(InstId.From(instId));
        bool isReadable = StrictBase64.TryDecode(signBase64, signature, out int length);
        int verifications = 0;
        bool isAsked = institution is not null && institution.SignType == signType && isReadable;
        if (isAsked && institution!.Keys.Verify(signingText, signature[..length], keyId, nowMs, out verifications))
        {
            return institution;
        }
        decoys.Verify(signType, signingText, institutions.LargestRing(signType) - verifications);
        return null;
    }
}
