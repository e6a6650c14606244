namespace HotPath.Core.Qr;

/// <summary>
/// CRC-16/CCITT-FALSE, the checksum of EMVCo codes: polynomial 1021, begins with FFFF, not reflected (EMV QRCPS 1.1, 4.7.3). Of
/// "123456789" it is 29B1. .NET has CRC-32 and CRC-64 only.
/// </summary>
internal static class Crc16
{
    private const ushort Polynomial = 0x1021;

    private static readonly ushort[] Table = BuildTable();

    internal static ushort Of(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0xFFFF;
        foreach (byte one in bytes)
        {
            crc = (ushort)((crc << 8) ^ Table[(crc >> 8) ^ one]);
        }
        return crc;
    }

    private static ushort[] BuildTable()
    {
        var table = new ushort[256];
        for (int value = 0; value < table.Length; value++)
        {
            int crc = value << 8;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1;
            }
            table[value] = (ushort)crc;
        }
        return table;
    }
}
