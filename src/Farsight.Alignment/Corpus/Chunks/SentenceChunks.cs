namespace Farsight.Alignment.Corpus.Chunks;

/// <summary>Cuts a text into chunks that end at sentences.</summary>
public static class SentenceChunks
{
    /// <summary>Cuts a text into chunks of at most a length in Unicode code points.</summary>
    public static IReadOnlyList<string> Cut(string text, int length) => throw new NotImplementedException();
}
