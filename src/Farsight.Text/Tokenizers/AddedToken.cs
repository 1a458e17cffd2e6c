namespace Farsight.Text.Tokenizers;

/// <summary>Represents a token outside the merges of a vocabulary.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">How it is written in text.</param>
/// <param name="Special">True for control tokens, which a reader of decoded text should not see.</param>
public sealed record AddedToken(int Id, string Content, bool Special)
{
    /// <summary>Gets whether the token matches only without an adjacent letter, digit or underscore.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Gets whether the token includes the white space before it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Gets whether the token includes the white space after it.</summary>
    public bool RightStrip { get; init; }

    /// <summary>Gets whether the token is matched in the normalized text rather than in the original text.</summary>
    public bool Normalized { get; init; }
}
