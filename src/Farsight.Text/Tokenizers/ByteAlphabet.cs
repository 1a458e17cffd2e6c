namespace Farsight.Text.Tokenizers;

/// <summary>
/// Maps bytes to printable characters, as byte-level vocabularies do: printable Latin-1 bytes to themselves, others to U+0100 and
/// on.
/// </summary>
/// <remarks>Source: the byte-to-unicode table of GPT-2; the space becomes Ġ, the line feed Ċ.</remarks>
static class ByteAlphabet
{
    static readonly char[] s_charOf = Chars();
    static readonly Dictionary<char, byte> s_byteOf = Enumerable.Range(0, 256).ToDictionary(b => s_charOf[b], b => (byte)b);

    internal static string Spell(ReadOnlySpan<byte> bytes)
    {
        Span<char> chars = bytes.Length <= 256 ? stackalloc char[bytes.Length] : new char[bytes.Length];
        Spell(bytes, chars);
        return new(chars);
    }

    internal static void Spell(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            chars[i] = s_charOf[bytes[i]];
        }
    }

    /// <summary>Returns the bytes of a spelling, or null if a character represents no byte.</summary>
    internal static byte[]? Read(string spelled)
    {
        byte[] bytes = new byte[spelled.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!s_byteOf.TryGetValue(spelled[i], out bytes[i]))
            {
                return null;
            }
        }
        return bytes;
    }

    /// <summary>Returns whether every character represents a byte.</summary>
    internal static bool Spells(string spelled) => spelled.All(s_byteOf.ContainsKey);

    static char[] Chars()
    {
        char[] chars = new char[256];
        char next = '\u0100';
        for (int b = 0; b < 256; b++)
        {
            chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)b : next++;
        }
        return chars;
    }
}
