namespace Farsight.Alignment.Fiction;

/// <summary>Writes long documents about a generated world: the journey of two people from town to town.</summary>
/// <remarks>
/// Everything said about a town, person, institution, ship or book is consistent throughout a document, and each fact comes
/// with a question. The same seed and index give the same text on every machine; its beginning does not depend on the length.
/// </remarks>
public static class FictionWriter
{
    static readonly char[] s_whiteSpace = [' ', '\n'];

    /// <summary>Writes a document of at least <paramref name="words"/> words, and at most one paragraph more.</summary>
    /// <param name="seed">Seed of the collection.</param>
    /// <param name="index">Index of the document in the collection.</param>
    /// <param name="words">Minimum number of words, including headings; &gt; 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="words"/> is not positive.</exception>
    public static FictionDocument Write(int seed, int index, int words)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(words);
        return new FictionJourney(seed, index).Write(words, CountWords);
    }

    /// <summary>Writes a document of at least <paramref name="characters"/> characters, and at most one paragraph more.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="characters"/> is not positive.</exception>
    public static FictionDocument WriteCharacters(int seed, int index, int characters)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(characters);
        return new FictionJourney(seed, index).Write(characters, paragraph => paragraph.Length + 1);
    }

    /// <summary>Counts words separated by white space.</summary>
    public static int CountWords(string text) => text.Split(s_whiteSpace, StringSplitOptions.RemoveEmptyEntries).Length;
}
