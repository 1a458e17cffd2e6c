namespace Farsight.Text.Tokenizers;

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
