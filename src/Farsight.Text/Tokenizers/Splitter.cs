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
