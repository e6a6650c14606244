using HotPath.Core.Model;

namespace HotPath.Core.Wire;

/// <summary>How large a request may be, in bytes (protocol, section 1). Above its limit it is HTTP 413.</summary>
public static class BodyLimits
{
    /// <summary>Of every interface that is not named below, and of what names none. 16 KiB.</summary>
    // A payment with every optional member is 2.1 KB; this leaves seven times that.
    public const int Ordinary = 16 * 1024;

    /// <summary>Of FACE_PAY. 64 KiB.</summary>
    // face_data of 48 KiB, and as much room for the other members as everybody has.
    public const int FacePay = 64 * 1024;

    /// <summary>Of RECON_UPLOAD, and so of any request: what says that it is longer is not read. 1 MiB.</summary>
    // A thousand differences of 1 KB each.
    public const int Largest = 1024 * 1024;

    /// <summary>The limit of an interface; of none, the ordinary one.</summary>
    public static int Of(BizType type) => type switch
    {
        BizType.FacePay => FacePay,
        BizType.ReconUpload => Largest,
        _ => Ordinary,
    };
}
