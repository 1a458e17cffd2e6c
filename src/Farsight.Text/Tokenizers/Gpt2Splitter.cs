using static Farsight.Text.Tokenizers.CharacterClass;

namespace Farsight.Text.Tokenizers;

/// <summary>
/// Cuts text as the pattern of GPT-2 does: contractions in small letters; letters, numbers or punctuation with a space before them; white
/// space.
/// </summary>
sealed class Gpt2Splitter : Splitter
{
    /// <summary>The pattern, which ByteLevel uses if use_regex is true.</summary>
    internal const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    internal override void Split(ReadOnlySpan<char> text, int offset, List<int> ends)
    {
        for (int at = 0; at < text.Length;)
        {
            at = End(text, at);
            ends.Add(offset + at);
        }
    }

    static int End(ReadOnlySpan<char> text, int at)
    {
        if (text[at] == '\'' && Contraction(text[(at + 1)..]) is > 0 and var letters)
        {
            return at + 1 + letters;
        }
        int body = text[at] == ' ' ? at + 1 : at;
        byte found = At(text, body, out int length);
        if (found is Letter or Number or Other)
        {
            return Run.End(text, body + length, found);
        }
        int end = Run.EndOfWhiteSpace(text, at);
        return end == text.Length || end - at == 1 ? end : end - 1;
    }

    static int Contraction(ReadOnlySpan<char> text) => text switch
    {
        ['s' or 't' or 'm' or 'd', ..] => 1,
        ['r' or 'v', 'e', ..] => 2,
        ['l', 'l', ..] => 2,
        _ => 0,
    };
}
