namespace Farsight.Text.Tokenizers;

/// <summary>Splits text into pieces.</summary>
abstract class Splitter
{
    /// <summary>
    /// Adds the end of every piece of the text to <paramref name="ends"/>, in order, each moved by <paramref name="offset"/>.
    /// </summary>
    internal abstract void Split(ReadOnlySpan<char> text, int offset, List<int> ends);
}

/// <summary>Cuts text before every occurrence of one character ("MergedWithNext").</summary>
sealed class CharacterSplitter(char character) : Splitter
{
    internal override void Split(ReadOnlySpan<char> text, int offset, List<int> ends)
    {
        for (int at = 0; at < text.Length;)
        {
            int next = text[(at + 1)..].IndexOf(character);
            at = next < 0 ? text.Length : at + 1 + next;
            ends.Add(offset + at);
        }
    }
}

/// <summary>Cuts every number character off ("Digits" with individual_digits).</summary>
sealed class DigitSplitter : Splitter
{
    /// <summary>The pattern of one number character.</summary>
    internal const string Pattern = @"\p{N}";

    internal override void Split(ReadOnlySpan<char> text, int offset, List<int> ends)
    {
        int last = 0;
        for (int at = 0; at < text.Length;)
        {
            byte found = CharacterClass.At(text, at, out int length);
            if (found == CharacterClass.Number)
            {
                if (at > last)
                {
                    ends.Add(offset + at);
                }
                ends.Add(offset + at + length);
                last = at + length;
            }
            at += length;
        }
        if (last < text.Length)
        {
            ends.Add(offset + text.Length);
        }
    }
}
