namespace HotPath.Core.Qr;

/// <summary>The ids of EMVCo's data objects that a gateway needs (EMV QRCPS merchant-presented mode 1.1, table 3.1 and 4.2).</summary>
internal static class EmvTags
{
    /// <summary>Every code begins with this one, and it says 01.</summary>
    internal static ReadOnlySpan<byte> Beginning => "000201"u8;

    /// <summary>In the root: 11 static, 12 dynamic.</summary>
    internal const int Method = 1;

    /// <summary>Ids that EMVCo has given to UnionPay; their value is no template and has no GUID.</summary>
    internal const int FirstUnionPay = 15;

    /// <inheritdoc cref="FirstUnionPay"/>
    internal const int LastUnionPay = 16;

    /// <summary>First of the templates that say by GUID whose account they hold.</summary>
    internal const int FirstAccount = 26;

    internal const int LastAccount = 51;

    /// <summary>In an account's template: whose it is, by an application identifier (A000000677010111) or a domain backwards (hk.com.hkicl).</summary>
    internal const int Guid = 0;

    /// <summary>ISO 4217's three digits.</summary>
    internal const int Currency = 53;

    internal const int Amount = 54;
    internal const int MerchantName = 59;
    internal const int MerchantCity = 60;

    /// <summary>The last object: four hexadecimal digits.</summary>
    internal const int Checksum = 63;
}
