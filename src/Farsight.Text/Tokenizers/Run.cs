namespace Farsight.Text.Tokenizers;

/// <summary>Finds the end of a run of characters of one class.</summary>
static class Run
{
    /// <param name="text">The text.</param>
    /// <param name="at">Where to start; the character there need not belong to the run.</param>
    /// <param name="of">A class of <see cref="CharacterClass"/>.</param>
    /// <param name="most">The longest run, in characters.</param>
    internal static int End(ReadOnlySpan<char> text, int at, byte of, int most = int.MaxValue)
    {
        while (most-- > 0 && CharacterClass.At(text, at, out int length) == of)
        {
            at += length;
        }
        return at;
    }

    internal static int EndOfWhiteSpace(ReadOnlySpan<char> text, int at)
    {
        while (CharacterClass.At(text, at, out _) is CharacterClass.Space or CharacterClass.LineEnd)
        {
            at++;
        }
        return at;
    }
}
