using static Farsight.Text.Tokenizers.CharacterClass;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Cuts text as the patterns of Llama 3 and Qwen2 do: contractions, words with one character before them, numbers, punctuation with line
/// ends, white space.
/// </summary>
/// <remarks>Written by hand, because it is most of the work of encoding, and a regular expression takes ten times as long.</remarks>
/// <param name="longestNumber">How many digits a piece may hold.</param>
sealed class WordSplitter(int longestNumber) : Splitter
{
    /// <summary>The pattern of Qwen2: single digits.</summary>
    internal const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The pattern of Llama 3: up to three digits.</summary>
    internal const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    internal override void Split(ReadOnlySpan<char> text, int offset, List<int> ends)
    {
        for (int at = 0; at < text.Length;)
        {
            at = End(text, at);
            ends.Add(offset + at);
        }
    }

    // the order of the cases is the order of the alternatives in the pattern
    int End(ReadOnlySpan<char> text, int at)
    {
        byte first = At(text, at, out int length);
        int next = at + length;
        if (first == Letter)
        {
            return Run.End(text, next, Letter);
        }
        if (first == Number)
        {
            return Run.End(text, next, Number, longestNumber - 1);
        }
        if (text[at] == '\'' && Contraction(text[next..]) is > 0 and var letters)
        {
            return next + letters;
        }
        byte second = At(text, next, out length);
        if (second == Letter && first != LineEnd)
        {
            return Run.End(text, next + length, Letter);
        }
        if (first == Other)
        {
            return LineEnds(text, Run.End(text, next, Other));
        }
        return second == Other && text[at] == ' ' ? LineEnds(text, Run.End(text, next + length, Other)) : WhiteSpace(text, at);
    }

    static int LineEnds(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && text[at] is '\r' or '\n')
        {
            at++;
        }
        return at;
    }

    /// <summary>Up to its last line end, if it has one; else all but the last character, which belongs to the word that follows.</summary>
    static int WhiteSpace(ReadOnlySpan<char> text, int at)
    {
        int end = Run.EndOfWhiteSpace(text, at);
        int lineEnd = text[at..end].LastIndexOfAny('\r', '\n');
        return lineEnd >= 0 ? at + lineEnd + 1 : end == text.Length || end - at == 1 ? end : end - 1;
    }

    /// <summary>Returns how many letters after an apostrophe belong to it; upper and lower case alike, and U+017F is an s.</summary>
    static int Contraction(ReadOnlySpan<char> text) => text switch
    {
        ['s' or 'S' or '\u017F' or 't' or 'T' or 'm' or 'M' or 'd' or 'D', ..] => 1,
        ['r' or 'R' or 'v' or 'V', 'e' or 'E', ..] => 2,
        ['l' or 'L', 'l' or 'L', ..] => 2,
        _ => 0,
    };
}
