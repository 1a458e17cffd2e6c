namespace Farsight.Alignment.Synthesis.Scoring;

/// <summary>What stands between a word and the one before it.</summary>
enum WordGap : byte
{
    /// <summary>White space without an empty line.</summary>
    Space,

    /// <summary>A hyphen and nothing else.</summary>
    Hyphen,

    /// <summary>An ampersand between spaces.</summary>
    Ampersand,

    /// <summary>A full stop that may belong to an abbreviation, and a space.</summary>
    Stop,

    /// <summary>The end of a sentence, an empty line, or the beginning of the text.</summary>
    Sentence,

    /// <summary>Anything else: commas, brackets, quotation marks.</summary>
    Other,
}
