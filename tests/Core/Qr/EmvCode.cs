using System.Globalization;
using System.Text;

namespace HotPath.Core.Tests.Qr;

/// <summary>Makes EMVCo codes for tests, right ones and, by their objects, wrong ones. Written apart from the gateway's reader, on strings.</summary>
internal static class EmvCode
{
    /// <summary>A code of these objects in this order, between 00 and the checksum.</summary>
    internal static string Of(params (string Id, string Value)[] objects) => Summed("000201" + Objects(objects));

    /// <summary>A template's value.</summary>
    internal static string Objects(params (string Id, string Value)[] objects) => string.Concat(objects.Select(one => One(one.Id, one.Value)));

    /// <summary>An account of Hong Kong's FPS, tag 26.</summary>
    internal static (string Id, string Value) Fps { get; } = ("26", Objects(("00", "hk.com.hkicl"), ("02", "0123456")));

    /// <summary>Puts the checksum behind a text.</summary>
    internal static string Summed(string text) => text + "6304" + Crc(text + "6304");

    /// <summary>One object; the length counts characters as Unicode has them, not as UTF-16 does.</summary>
    internal static string One(string id, string value) => id + value.EnumerateRunes().Count().ToString("D2", CultureInfo.InvariantCulture) + value;

    /// <summary>CRC-16/CCITT-FALSE over the UTF-8 bytes, bit by bit as its definition has it.</summary>
    internal static string Crc(string text)
    {
        uint register = 0xFFFF;
        foreach (byte one in Encoding.UTF8.GetBytes(text))
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                bool isOdd = (((register >> 15) ^ ((uint)one >> bit)) & 1) == 1;
                register = ((register << 1) & 0xFFFF) ^ (isOdd ? 0x1021u : 0);
            }
        }
        return register.ToString("X4", CultureInfo.InvariantCulture);
    }
}
