using HotPath.Core.Model;
using HotPath.Signing;

namespace HotPath.Core.Auth;

/// <summary>Step 3 of the corridor: is this really the institution it says it is?</summary>
public sealed class Authenticator(InstitutionDirectory institutions)
{
    /// <summary>
    /// The institution whose key signed <paramref name="signingText"/>, or null: unknown institution, unknown or expired key, a signature
    /// that is none or not its own. All of them take the time of one verification and are answered alike (D001).
    /// </summary>
    public Institution? Authenticate(
        ReadOnlySpan<byte> instId, ReadOnlySpan<byte> keyId, ReadOnlySpan<byte> signingText, ReadOnlySpan<byte> signBase64, long nowMs)
    {
        Span<byte> signature = stackalloc byte[RsaSigningKey.MaxSignatureLength];
        Institution? institution = institutions.Find(InstId.From(instId));
        bool isReadable = StrictBase64.TryDecode(signBase64, signature, out int length);
        if (institution is null || !isReadable)
        {
            DecoyKey.Verify(signingText);
            return null;
        }
        return institution.Keys.Verify(signingText, signature[..length], keyId, nowMs) ? institution : null;
    }
}
