using System.Text;

namespace HotPath.Core.Masking;

/// <summary>Who may see a value in a log line.</summary>
public enum LogView : byte
{
    /// <summary>As it is.</summary>
    Plain,

    /// <summary>Long runs of digits masked by chapter 5.2: it may hold a card, phone or identity number.</summary>
    Masked,

    /// <summary>Never, in no form.</summary>
    Hidden,
}

/// <summary>Values as a log line may show them (chapter 5.2 of the specification).</summary>
public static class Mask
{
    // 5.2: phone numbers (11 digits) and identity cards (18, the last may be X) keep 3 and 4, bank cards (16 to 19) keep 6 and 4.
    private const int ShortestSecret = 8;
    private const int IdentityCardLength = 18;
    private const int ShortestBankCard = 13;

    /// <summary>The value as this view allows it.</summary>
    public static string Show(LogView view, ReadOnlySpan<byte> utf8) => view switch
    {
        LogView.Plain => Encoding.UTF8.GetString(utf8),
        LogView.Masked => Digits(Encoding.UTF8.GetString(utf8)),
        _ => utf8.IsEmpty ? "" : "***",
    };

    /// <summary>Masks every run of 8 or more digits: phone 138****5678, card 622202********1234, identity 310***********1234.</summary>
    public static string Digits(string text)
    {
        char[] shown = text.ToCharArray();
        int runStart = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            bool isDigit = i < text.Length && (char.IsAsciiDigit(text[i]) || IsCheckLetter(text, runStart, i));
            if (!isDigit)
            {
                MaskRun(shown, runStart, i - runStart);
                runStart = i + 1;
            }
        }
        return new string(shown);
    }

    // The last place of an identity card may be an X.
    private static bool IsCheckLetter(string text, int runStart, int at) => at - runStart == IdentityCardLength - 1 && (text[at] is 'X' or 'x');

    private static void MaskRun(char[] shown, int start, int length)
    {
        if (length < ShortestSecret)
        {
            return;
        }
        int head = length >= ShortestBankCard && length != IdentityCardLength ? 6 : 3;
        Array.Fill(shown, '*', start + head, length - head - 4);
    }
}
