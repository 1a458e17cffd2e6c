using System.Globalization;

namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Cuts a text into chunks that end where a sentence does.</summary>
/// <remarks>
/// A chunk ends at the last sentence end that fits. Code and verse are cut between lines, best at empty lines; text without sentence ends
/// between words, and a word that is too long between characters as readers see them. White space at a cut is dropped, except for the
/// indentation of the next line.
/// </remarks>
public static class SentenceChunks
{
    /// <summary>Cuts a text by characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Maximum Unicode code points per chunk; &gt; 0. Only a single character of more code points, such as an emoji of
    /// several people, may exceed it.</param>
    public static IReadOnlyList<string> Cut(string text, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        List<string> chunks = [];
        ChunkBoundaries boundaries = ChunkBoundaries.Find(text);
        int end = text.AsSpan().TrimEnd().Length;
        for (int start = SkipSpace(text, 0, end); start < end;)
        {
            int limit = Advance(text, start, length), cut = limit >= end ? end : End(text, boundaries, start, limit);
            string chunk = text[start..cut].TrimEnd();
            if (chunk.Length > 0) // else indentation that is longer than a chunk
            {
                chunks.Add(chunk);
            }
            start = SkipSpace(text, cut, end);
        }
        return chunks;
    }

    /// <summary>Returns where a chunk ends: at most at a limit before the end of the text, or behind it for a single longer character.
    /// </summary>
    internal static int End(string text, ChunkBoundaries boundaries, int start, int limit) =>
        boundaries.Last(start, limit) is > 0 and var found ? found : LastWord(text, start, limit);

    /// <summary>Skips white space up to the indentation of the next line with text.</summary>
    internal static int SkipSpace(string text, int start, int end)
    {
        int line = start, at = start;
        for (; at < end && char.IsWhiteSpace(text[at]); at++)
        {
            line = text[at] == '\n' ? at + 1 : line;
        }
        return line > start || start == 0 ? line : at;
    }

    static int Advance(string text, int start, int codePoints)
    {
        int at = start;
        for (int i = 0; i < codePoints && at < text.Length; i++)
        {
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        }
        return at;
    }

    /// <summary>Returns the last place between two words, or else between two characters, up to the limit.</summary>
    internal static int LastWord(string text, int start, int limit)
    {
        for (int at = limit; at > start + 1; at--)
        {
            if (char.IsWhiteSpace(text[at]) || (char.IsWhiteSpace(text[at - 1]) && !string.IsNullOrWhiteSpace(text[start..at])))
            {
                return at;
            }
            if (Script.IsWide(text[at - 1]) && Script.IsWide(text[at])
                && !Script.BeginsNoLine(text[at]) && !Script.EndsNoLine(text[at - 1]))
            {
                return at;
            }
        }
        int character = start;
        while (true)
        {
            int next = character + StringInfo.GetNextTextElementLength(text, character);
            if (next > limit)
            {
                return character > start ? character : next;
            }
            character = next;
        }
    }
}
