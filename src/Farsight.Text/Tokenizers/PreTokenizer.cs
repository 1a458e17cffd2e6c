namespace Farsight.Text.Tokenizers;

/// <summary>Cuts text into the pieces within which merges happen: each splitter in turn cuts the pieces of the one before it.</summary>
sealed class PreTokenizer(IReadOnlyList<Splitter> splitters)
{
    /// <summary>Puts the end of every piece of the text into <paramref name="ends"/>, in order.</summary>
    internal void Split(ReadOnlySpan<char> text, List<int> ends)
    {
        ends.Clear();
        if (splitters.Count == 0 && text.Length > 0)
        {
            ends.Add(text.Length);
        }
        for (int i = 0; i < splitters.Count; i++)
        {
            if (i == 0)
            {
                splitters[0].Split(text, 0, ends);
            }
            else
            {
                SplitPieces(text, splitters[i], ends);
            }
        }
    }

    static void SplitPieces(ReadOnlySpan<char> text, Splitter splitter, List<int> ends)
    {
        int[] before = [.. ends];
        ends.Clear();
        int start = 0;
        foreach (int end in before)
        {
            splitter.Split(text[start..end], start, ends);
            start = end;
        }
    }
}
