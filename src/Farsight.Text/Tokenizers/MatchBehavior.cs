namespace Farsight.Text.Tokenizers;

/// <summary>What becomes of a match when text is cut by a pattern.</summary>
enum MatchBehavior
{
    /// <summary>A piece of its own, as is what lies between two matches.</summary>
    Isolated,

    /// <summary>The end of the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>The beginning of the piece after it.</summary>
    MergedWithNext,
}
