namespace Farsight.Text.Tokenizers;

/// <summary>Specifies how a match is treated when a pattern splits text.</summary>
enum MatchBehavior
{
    /// <summary>A piece of its own, as is what lies between two matches.</summary>
    Isolated,

    /// <summary>The end of the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>The beginning of the piece after it.</summary>
    MergedWithNext,
}
