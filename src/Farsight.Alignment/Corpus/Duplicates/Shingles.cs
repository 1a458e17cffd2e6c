using System.Globalization;

namespace Farsight.Alignment.Corpus.Duplicates;

/// <summary>Computes hashes of all runs of five words in a text.</summary>
/// <remarks>
/// Words are runs of letters and digits, whatever their case; between words everything is alike. A character of a script that does
/// not part words (Chinese, Japanese, Korean) is a word by itself. The hash of a shingle is Σ w_k·Bᵏ of its words' hashes, mixed:
/// it rolls from word to word.
/// </remarks>
static class Shingles
{
    /// <summary>Number of words in a shingle.</summary>
    internal const int Words = 5;

    const ulong Base = 0x9E3779B97F4A7C15, WordStart = 14695981039346656037, WordStep = 0x2127599BF4325C37;

    static readonly ulong s_oldest = Power(Words - 1);
    static readonly byte[] s_ascii =
    [
        .. Enumerable.Range(0, 128).Select(c => char.IsAsciiLetterOrDigit((char)c) ? (byte)char.ToLowerInvariant((char)c) : (byte)0),
    ];

    /// <summary>Emits the shingle hashes in blocks, in text order. A text of fewer than five words is one shingle.</summary>
    /// <param name="text">Any.</param>
    /// <param name="block">Filled again and again.</param>
    /// <param name="take">Receives how many hashes are in the block.</param>
    internal static void Hash(ReadOnlySpan<char> text, Span<ulong> block, Action<ReadOnlySpan<ulong>> take)
    {
        Span<ulong> last = stackalloc ulong[Words];
        last.Clear();
        ulong rolled = 0;
        int words = 0, filled = 0;
        for (int i = 0; Word(text, ref i, out ulong word);)
        {
            ref ulong oldest = ref last[words % Words];
            rolled = (rolled - (oldest * s_oldest)) * Base + word;
            oldest = word;
            words++;
            if (words >= Words)
            {
                block[filled++] = Mix(rolled);
                if (filled == block.Length)
                {
                    take(block);
                    filled = 0;
                }
            }
        }
        if (words is > 0 and < Words)
        {
            block[filled++] = Mix(rolled + (ulong)words);
        }
        take(block[..filled]);
    }

    static bool Word(ReadOnlySpan<char> text, ref int i, out ulong hash)
    {
        hash = WordStart;
        int start = i;
        bool any = false;
        for (; i < text.Length; i++)
        {
            char c = text[i];
            uint folded = c < 128 ? s_ascii[c] : Fold(c);
            if (folded == 0)
            {
                if (any)
                {
                    return true;
                }
                continue;
            }
            bool isWhole = c >= 0x2E80 && IsWhole(c);
            if (isWhole && any)
            {
                return true;
            }
            hash = (hash ^ folded) * WordStep;
            hash ^= hash >> 29;
            any = true;
            if (isWhole)
            {
                i++;
                return true;
            }
        }
        return any;
    }

    /// <summary>Returns the lower-case letter, or 0 for anything but a letter, mark or digit. Surrogates count as letters.</summary>
    static uint Fold(char c) =>
        char.IsLetterOrDigit(c)
        || char.IsSurrogate(c)
        || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            ? char.ToLowerInvariant(c)
            : 0u;

    static bool IsWhole(char c) => c is < '\uA4D0' or (>= '\uAC00' and < '\uD7B0') or (>= '\uF900' and < '\uFB00');

    static ulong Power(int exponent) => exponent == 0 ? 1 : unchecked(Base * Power(exponent - 1));

    /// <summary>Applies the finalizer of SplitMix64.</summary>
    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
