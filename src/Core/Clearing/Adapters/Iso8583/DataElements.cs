namespace HotPath.Core.Clearing.Adapters.Iso8583;

/// <summary>
/// The data elements of ISO 8583:1987, one row each, as our dialect has them: ASCII, lengths too; numbers padded with zeros on the left. It is the
/// standard's list, so that a message with elements that mean nothing to us can be read past them. Only what is marked differs: 120 to 125
/// hold UTF-8 here.
/// </summary>
/// <remarks>1 is the second bitmap and no element of its own; 65 would announce a third one, which nobody sends.</remarks>
public static class DataElements
{
    /// <summary>The highest number of an element.</summary>
    public const int Last = 128;

    /// <summary>Bytes of the message type indicator.</summary>
    public const int TypeBytes = 4;

    /// <summary>Bytes of one bitmap.</summary>
    public const int BitmapBytes = 8;

    private static readonly DataElement[] Rows = All();

    /// <summary>The row of an element, 1 to 128.</summary>
    public static ref readonly DataElement Row(int element) => ref Rows[element];

    private static DataElement Fixed(Content content, ushort bytes) => new(content, 0, bytes);

    private static DataElement LlVar(Content content, ushort maxBytes) => new(content, 2, maxBytes);

    private static DataElement LllVar(Content content, ushort maxBytes) => new(content, 3, maxBytes);

    private static DataElement[] All()
    {
        var rows = new DataElement[Last + 1];
        rows[2] = LlVar(Content.Digits, 19); // primary account number
        rows[3] = Fixed(Content.Digits, 6); // processing code
        rows[4] = Fixed(Content.Digits, 12); // amount, transaction
        rows[5] = Fixed(Content.Digits, 12); // amount, settlement
        rows[6] = Fixed(Content.Digits, 12); // amount, cardholder billing
        rows[7] = Fixed(Content.Digits, 10); // transmission date and time, MMDDhhmmss UTC
        rows[8] = Fixed(Content.Digits, 8); // amount, cardholder billing fee
        rows[9] = Fixed(Content.Digits, 8); // conversion rate, settlement
        rows[10] = Fixed(Content.Digits, 8); // conversion rate, cardholder billing
        rows[11] = Fixed(Content.Digits, 6); // system trace audit number
        rows[12] = Fixed(Content.Digits, 6); // time, local transaction, hhmmss
        rows[13] = Fixed(Content.Digits, 4); // date, local transaction, MMDD
        rows[14] = Fixed(Content.Digits, 4); // date, expiration
        rows[15] = Fixed(Content.Digits, 4); // date, settlement
        rows[16] = Fixed(Content.Digits, 4); // date, conversion
        rows[17] = Fixed(Content.Digits, 4); // date, capture
        rows[18] = Fixed(Content.Digits, 4); // merchant type
        rows[19] = Fixed(Content.Digits, 3); // country of the acquiring institution
        rows[20] = Fixed(Content.Digits, 3); // country of the primary account number
        rows[21] = Fixed(Content.Digits, 3); // country of the forwarding institution
        rows[22] = Fixed(Content.Digits, 3); // point of service entry mode
        rows[23] = Fixed(Content.Digits, 3); // card sequence number
        rows[24] = Fixed(Content.Digits, 3); // network international identifier
        rows[25] = Fixed(Content.Digits, 2); // point of service condition code
        rows[26] = Fixed(Content.Digits, 2); // point of service PIN capture code
        rows[27] = Fixed(Content.Digits, 1); // length of the authorisation response
        rows[28] = Fixed(Content.SignedDigits, 9); // amount, transaction fee
        rows[29] = Fixed(Content.SignedDigits, 9); // amount, settlement fee
        rows[30] = Fixed(Content.SignedDigits, 9); // amount, transaction processing fee
        rows[31] = Fixed(Content.SignedDigits, 9); // amount, settlement processing fee
        rows[32] = LlVar(Content.Digits, 11); // acquiring institution
        rows[33] = LlVar(Content.Digits, 11); // forwarding institution
        rows[34] = LlVar(Content.Printable, 28); // primary account number, extended
        rows[35] = LlVar(Content.Track, 37); // track 2
        rows[36] = LllVar(Content.Track, 104); // track 3
        rows[37] = Fixed(Content.Alphanumeric, 12); // retrieval reference number
        rows[38] = Fixed(Content.Alphanumeric, 6); // authorisation response
        rows[39] = Fixed(Content.Alphanumeric, 2); // response code
        rows[40] = Fixed(Content.Digits, 3); // service restriction code
        rows[41] = Fixed(Content.Printable, 8); // card acceptor terminal
        rows[42] = Fixed(Content.Printable, 15); // card acceptor
        rows[43] = Fixed(Content.Printable, 40); // card acceptor name and location
        rows[44] = LlVar(Content.Printable, 25); // additional response data
        rows[45] = LlVar(Content.Printable, 76); // track 1
        rows[46] = LllVar(Content.Printable, 999); // additional data, ISO
        rows[47] = LllVar(Content.Printable, 999); // additional data, national
        rows[48] = LllVar(Content.Printable, 999); // additional data, private
        rows[49] = Fixed(Content.Digits, 3); // currency code, transaction
        rows[50] = Fixed(Content.Digits, 3); // currency code, settlement
        rows[51] = Fixed(Content.Digits, 3); // currency code, cardholder billing
        rows[52] = Fixed(Content.Binary, 8); // PIN
        rows[53] = Fixed(Content.Digits, 16); // security control information
        rows[54] = LllVar(Content.Alphanumeric, 120); // additional amounts
        rows[55] = LllVar(Content.Binary, 999); // chip card data
        rows[56] = LllVar(Content.Printable, 999); // reserved
        rows[57] = LllVar(Content.Printable, 999); // reserved
        rows[58] = LllVar(Content.Printable, 999); // reserved
        rows[59] = LllVar(Content.Printable, 999); // reserved
        rows[60] = LllVar(Content.Printable, 999); // reserved, private
        rows[61] = LllVar(Content.Printable, 999); // reserved, private
        rows[62] = LllVar(Content.Printable, 999); // reserved, private
        rows[63] = LllVar(Content.Printable, 999); // reserved, private
        rows[64] = Fixed(Content.Binary, 8); // message authentication code, of a message with one bitmap
        rows[66] = Fixed(Content.Digits, 1); // settlement code
        rows[67] = Fixed(Content.Digits, 2); // extended payment code
        rows[68] = Fixed(Content.Digits, 3); // country of the receiving institution
        rows[69] = Fixed(Content.Digits, 3); // country of the settlement institution
        rows[70] = Fixed(Content.Digits, 3); // network management information code
        rows[71] = Fixed(Content.Digits, 4); // message number
        rows[72] = Fixed(Content.Digits, 4); // last message number
        rows[73] = Fixed(Content.Digits, 6); // date, action
        rows[74] = Fixed(Content.Digits, 10); // credits, number
        rows[75] = Fixed(Content.Digits, 10); // credits, reversal, number
        rows[76] = Fixed(Content.Digits, 10); // debits, number
        rows[77] = Fixed(Content.Digits, 10); // debits, reversal, number
        rows[78] = Fixed(Content.Digits, 10); // transfers, number
        rows[79] = Fixed(Content.Digits, 10); // transfers, reversal, number
        rows[80] = Fixed(Content.Digits, 10); // inquiries, number
        rows[81] = Fixed(Content.Digits, 10); // authorisations, number
        rows[82] = Fixed(Content.Digits, 12); // credits, processing fee
        rows[83] = Fixed(Content.Digits, 12); // credits, transaction fee
        rows[84] = Fixed(Content.Digits, 12); // debits, processing fee
        rows[85] = Fixed(Content.Digits, 12); // debits, transaction fee
        rows[86] = Fixed(Content.Digits, 16); // credits, amount
        rows[87] = Fixed(Content.Digits, 16); // credits, reversal, amount
        rows[88] = Fixed(Content.Digits, 16); // debits, amount
        rows[89] = Fixed(Content.Digits, 16); // debits, reversal, amount
        rows[90] = Fixed(Content.Digits, 42); // original data elements
        rows[91] = Fixed(Content.Alphanumeric, 1); // file update code
        rows[92] = Fixed(Content.Alphanumeric, 2); // file security code
        rows[93] = Fixed(Content.Alphanumeric, 5); // response indicator
        rows[94] = Fixed(Content.Alphanumeric, 7); // service indicator
        rows[95] = Fixed(Content.Alphanumeric, 42); // replacement amounts
        rows[96] = Fixed(Content.Binary, 8); // message security code
        rows[97] = Fixed(Content.SignedDigits, 17); // amount, net settlement
        rows[98] = Fixed(Content.Printable, 25); // payee
        rows[99] = LlVar(Content.Digits, 11); // settlement institution
        rows[100] = LlVar(Content.Digits, 11); // receiving institution
        rows[101] = LlVar(Content.Printable, 17); // file name
        rows[102] = LlVar(Content.Printable, 28); // account identification 1
        rows[103] = LlVar(Content.Printable, 28); // account identification 2
        rows[104] = LllVar(Content.Printable, 100); // transaction description
        rows[105] = LllVar(Content.Printable, 999); // reserved
        rows[106] = LllVar(Content.Printable, 999); // reserved
        rows[107] = LllVar(Content.Printable, 999); // reserved
        rows[108] = LllVar(Content.Printable, 999); // reserved
        rows[109] = LllVar(Content.Printable, 999); // reserved
        rows[110] = LllVar(Content.Printable, 999); // reserved
        rows[111] = LllVar(Content.Printable, 999); // reserved
        rows[112] = LllVar(Content.Printable, 999); // reserved
        rows[113] = LllVar(Content.Printable, 999); // reserved
        rows[114] = LllVar(Content.Printable, 999); // reserved
        rows[115] = LllVar(Content.Printable, 999); // reserved
        rows[116] = LllVar(Content.Printable, 999); // reserved
        rows[117] = LllVar(Content.Printable, 999); // reserved
        rows[118] = LllVar(Content.Printable, 999); // reserved
        rows[119] = LllVar(Content.Printable, 999); // reserved
        rows[120] = LllVar(Content.Binary, 999); // reserved, private: UTF-8
        rows[121] = LllVar(Content.Binary, 999); // reserved, private: UTF-8
        rows[122] = LllVar(Content.Binary, 999); // reserved, private: UTF-8
        rows[123] = LllVar(Content.Binary, 999); // reserved, private: UTF-8
        rows[124] = LllVar(Content.Binary, 999); // reserved, private: UTF-8
        rows[125] = LllVar(Content.Binary, 999); // reserved, private: UTF-8
        rows[126] = LllVar(Content.Printable, 999); // reserved, private
        rows[127] = LllVar(Content.Printable, 999); // reserved, private
        rows[128] = Fixed(Content.Binary, 8); // message authentication code, of a message with two bitmaps
        return rows;
    }
}
