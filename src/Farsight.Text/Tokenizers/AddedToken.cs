namespace Farsight.Text.Tokenizers;

/// <summary>A token that stands beside the merges of a vocabulary.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">How it is written in text.</param>
/// <param name="Special">True for control tokens, which a reader of decoded text should not see.</param>
public sealed record AddedToken(int Id, string Content, bool Special)
{
    /// <summary>It is found only where no letter, digit or underscore touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>It takes the white space before it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>It takes the white space after it.</summary>
    public bool RightStrip { get; init; }

    /// <summary>It is looked for in the normalised text, not in the text as it was written.</summary>
    public bool Normalized { get; init; }
}
