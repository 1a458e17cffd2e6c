namespace Farsight.Alignment.Corpus.Repair;

/// <summary>The code page in which much text is that is not UTF-8. It agrees with Latin-1 but for 80 to 9F.</summary>
static class Windows1252
{
    /// <summary>80 to 9F. Five of them are no characters there; they stay what they are in Latin-1, as browsers have it.</summary>
    const string Upper = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    internal static char CharOf(byte value) => value is >= 0x80 and < 0xA0 ? Upper[value - 0x80] : (char)value;

    /// <summary>The byte of 80 to FF that is read as a character, in either code page; −1 for any other character.</summary>
    internal static int ByteOf(char c)
    {
        if (c <= 0xFF)
        {
            return c >= 0x80 ? c : -1;
        }
        int at = Upper.IndexOf(c, StringComparison.Ordinal);
        return at >= 0 ? at + 0x80 : -1;
    }
}
