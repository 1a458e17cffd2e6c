namespace Farsight.Alignment.Corpus.Repair;

/// <summary>
/// Converts between Windows-1252 and characters. It is the most common encoding besides UTF-8 and equals Latin-1 except for 80 to
/// 9F.
/// </summary>
static class Windows1252
{
    /// <summary>Characters of the bytes 80 to 9F. Five are undefined and keep their Latin-1 meaning, as in browsers.</summary>
    const string Upper = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

    internal static char CharOf(byte value) => value is >= 0x80 and < 0xA0 ? Upper[value - 0x80] : (char)value;

    /// <summary>Returns the byte (80 to FF) that decodes to a character in Windows-1252 or Latin-1, or −1.</summary>
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
