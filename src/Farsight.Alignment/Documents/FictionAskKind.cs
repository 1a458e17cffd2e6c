namespace Farsight.Alignment.Documents;

/// <summary>What a question about an invented document wants.</summary>
public enum FictionAskKind
{
    /// <summary>One detail.</summary>
    Detail,

    /// <summary>Two details of different things, asked for at once.</summary>
    Pair,

    /// <summary>All that the text states about one person, town or thing.</summary>
    Summary,
}
