namespace HotPath.Host.Configuration;

/// <summary>
/// The demo keys of docs/api, which the reference's examples are signed with. Their private halves are in this repository, so whoever registered one would let
/// everybody sign in that name.
/// </summary>
internal static class PublishedKeys
{
    /// <summary>SHA-256 of their SubjectPublicKeyInfo.</summary>
    internal static readonly HashSet<string> Prints =
    [
        "bd993168b66ffaff85076d0cb1464c996de494785fcde7d5ada417e7037ee8a6",
        "ca2c92b2d66aaf670b7183818e79e86b5362c0e3afeaf9ea1c386f2b1da92ecc",
    ];
}
