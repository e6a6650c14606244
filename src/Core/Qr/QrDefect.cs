using HotPath.Core.Model;

namespace HotPath.Core.Qr;

/// <summary>What is wrong with a code, by itself or beside the request it came in (F69).</summary>
public enum QrDefect : byte
{
    None = 0,

    /// <summary>An object's id or length is not two digits, its length is 00, or it reaches beyond the end.</summary>
    BadObject,

    /// <summary>A root id is there twice: which of the two was meant?</summary>
    RepeatedObject,

    /// <summary>A merchant account (26 to 51) is not made of objects, has one twice, or does not name its scheme.</summary>
    BadTemplate,

    /// <summary>The last object is not a checksum of four hexadecimal digits (63).</summary>
    NoChecksum,

    /// <summary>The checksum is another one's.</summary>
    BadChecksum,

    /// <summary>Tag 01 is neither 11 nor 12.</summary>
    BadMethod,

    /// <summary>Tag 01 says static where qr_type says dynamic, or the other way round.</summary>
    OtherMethod,

    /// <summary>Tag 53 is not the number of the request's currency.</summary>
    OtherCurrency,

    /// <summary>Tag 54 is not an amount, or not the request's.</summary>
    OtherAmount,

    /// <summary>It begins like an https address and has no host that could be looked up.</summary>
    BadAddress,
}

/// <summary>What a defect is answered with.</summary>
public static class QrDefects
{
    /// <summary>None, or C003: a code is well-formed text (C002 is judged before), and says something that cannot be (protocol, section 5).</summary>
    public static RespCode CodeOf(QrDefect defect) => defect == QrDefect.None ? RespCode.None : RespCode.MemberIllegal;
}
