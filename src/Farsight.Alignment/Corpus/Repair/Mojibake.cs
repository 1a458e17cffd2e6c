using System.Text;

namespace Farsight.Alignment.Corpus.Repair;

/// <summary>Repairs UTF-8 that was decoded as Windows-1252 and encoded again: "cafÃ©", "donâ€™t".</summary>
/// <remarks>
/// A run of characters whose bytes are one character of UTF-8 is put back. Three bytes and more never stand so by chance; two do
/// ("Â°", "Ã”"), so these are put back only where they explain most of the text's characters between U+0080 and U+00FF.
/// </remarks>
static class Mojibake
{
    // A text can go through it more than once.
    const int MostRounds = 3;

    /// <summary>Represents a character that was decoded as several.</summary>
    readonly record struct Misread(int Start, int Length, Rune Meant);

    internal static string Repair(string text, out int places)
    {
        places = 0;
        for (int round = 0; round < MostRounds; round++)
        {
            List<Misread> found = Find(text);
            if (found.Count == 0)
            {
                break;
            }
            text = Replace(text, found);
            places += found.Count;
        }
        return text;
    }

    static List<Misread> Find(string text)
    {
        List<Misread> found = [];
        int i = text.AsSpan().IndexOfAnyInRange('\u00C2', '\u00F4');
        while (i >= 0)
        {
            Misread? read = At(text, i);
            if (read is { } misread)
            {
                found.Add(misread);
            }
            i += read?.Length ?? 1;
            int next = text.AsSpan(i).IndexOfAnyInRange('\u00C2', '\u00F4');
            i = next < 0 ? -1 : i + next;
        }
        if (found.Exists(m => m.Length == 2) && !Explains(text, found))
        {
            found.RemoveAll(m => m.Length == 2);
        }
        return found;
    }

    /// <summary>Returns whether most characters that could come from such a decoding error do.</summary>
    static bool Explains(string text, List<Misread> found)
    {
        int high = 0;
        foreach (char c in text)
        {
            high += c >= 0x80 && Windows1252.ByteOf(c) >= 0 ? 1 : 0;
        }
        return found.Sum(m => m.Length) * 2 > high;
    }

    static Misread? At(string text, int start)
    {
        int length = (int)text[start] switch { < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        if (start + length > text.Length)
        {
            return null;
        }
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0; i < length; i++)
        {
            int value = Windows1252.ByteOf(text[start + i]);
            if (value < 0 || (i > 0 && value >= 0xC0))
            {
                return null;
            }
            bytes[i] = (byte)value;
        }
        return Rune.DecodeFromUtf8(bytes[..length], out Rune meant, out _) == System.Buffers.OperationStatus.Done
            ? new(start, length, meant)
            : null;
    }

    static string Replace(string text, List<Misread> found)
    {
        StringBuilder clean = new(text.Length);
        int done = 0;
        foreach (Misread misread in found)
        {
            clean.Append(text, done, misread.Start - done).Append(misread.Meant.ToString());
            done = misread.Start + misread.Length;
        }
        return clean.Append(text, done, text.Length - done).ToString();
    }
}
