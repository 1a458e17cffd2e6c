namespace Farsight.Text.Tokenizers;

/// <summary>Splits text into pieces.</summary>
abstract class Splitter
{
    /// <summary>
    /// Adds the end of every piece of the text to <paramref name="ends"/>, in order, each moved by <paramref name="offset"/>.
    /// </summary>
    internal abstract void Split(ReadOnlySpan<char> text, int offset, List<int> ends);
}
