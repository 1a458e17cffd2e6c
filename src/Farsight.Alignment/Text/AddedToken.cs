namespace Farsight.Alignment.Text;

/// <summary>A token that stands beside the merges of a vocabulary.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">How it is written in text.</param>
/// <param name="Special">True for control tokens, which a reader of decoded text should not see.</param>
public sealed record AddedToken(int Id, string Content, bool Special);
