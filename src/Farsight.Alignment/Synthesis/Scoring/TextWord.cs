namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>A word or number of a text.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">The character after it; a possessive 's is part of it.</param>
/// <param name="Gap">What is before it.</param>
/// <param name="Shape">How it is written.</param>
readonly record struct TextWord(int Start, int End, WordGap Gap, WordShape Shape)
{
    internal int Length => End - Start;

    internal bool Is(WordShape shape) => (Shape & shape) != 0;
}

/// <summary>How a word is written.</summary>
[Flags]
enum WordShape : byte
{
    None = 0,

    /// <summary>Begins with a capital.</summary>
    Capital = 1,

    /// <summary>Two letters or more, all capitals.</summary>
    Upper = 2,

    /// <summary>Begins with a digit.</summary>
    Number = 4,

    /// <summary>Single letters with full stops: U.S.</summary>
    Dotted = 8,

    /// <summary>Has an apostrophe inside.</summary>
    Apostrophe = 16,
}
