using System.Text.RegularExpressions;
using Farsight.Engine;

namespace Farsight.Alignment.Text;

/// <summary>Cuts text into the pieces within which merges happen: each pattern in turn cuts the pieces of the one before it.</summary>
/// <remarks>A match is a piece, and so is what lies between two matches ("Isolated").</remarks>
sealed class PreTokenizer
{
    /// <summary>The pattern of Qwen2: contractions, words with one character before them, single digits, punctuation, line ends, spaces.</summary>
    internal const string Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The pattern of GPT-2, which ByteLevel uses when it is told to use one.</summary>
    internal const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // only a pattern that was made to hang comes near it
    static readonly TimeSpan s_longestMatch = TimeSpan.FromSeconds(20);

    readonly Regex[] _patterns;

    /// <exception cref="ArgumentException">A pattern is not one that .NET understands.</exception>
    internal PreTokenizer(IEnumerable<string> patterns) =>
        _patterns = [.. patterns.Select(p => new Regex(p, RegexOptions.Compiled | RegexOptions.CultureInvariant, s_longestMatch))];

    /// <summary>Puts the end of every piece of the text into <paramref name="ends"/>, in order.</summary>
    internal void Split(ReadOnlySpan<char> text, List<int> ends)
    {
        ends.Clear();
        CodePointText codePoints = new(text);
        try
        {
            Split(codePoints.Chars, 0, 0, ends);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InputException($"The tokenizer's pattern '{e.Pattern}' takes too long on this text; the tokenizer.json is not usable.", e);
        }
        for (int i = 0; i < ends.Count; i++)
        {
            ends[i] = codePoints.Start(ends[i]);
        }
    }

    void Split(ReadOnlySpan<char> text, int offset, int stage, List<int> ends)
    {
        if (stage == _patterns.Length)
        {
            ends.Add(offset + text.Length);
            return;
        }
        int done = 0;
        foreach (ValueMatch match in _patterns[stage].EnumerateMatches(text))
        {
            int end = match.Index + match.Length;
            SplitPart(text, done, match.Index, offset, stage, ends);
            SplitPart(text, match.Index, end, offset, stage, ends);
            done = end;
        }
        SplitPart(text, done, text.Length, offset, stage, ends);
    }

    void SplitPart(ReadOnlySpan<char> text, int start, int end, int offset, int stage, List<int> ends)
    {
        if (end > start)
        {
            Split(text[start..end], offset + start, stage + 1, ends);
        }
    }
}
