namespace Farsight.Engine.Inference;

/// <summary>
/// Represents consecutive tokens of a <see cref="ContinuousBatch"/>: what a sequence has after the beginning that it shares with another.
/// </summary>
public sealed class SequenceBranch
{
    /// <summary>Creates a branch without computed tokens.</summary>
    /// <param name="parent">The branch with which the sequence begins; null for none.</param>
    /// <param name="parentTokens">Number of the parent's own tokens that belong to the sequence.</param>
    /// <param name="cachedTokens">Number of tokens of the beginning, with those of all ancestors.</param>
    /// <param name="tokens">Own tokens.</param>
    /// <param name="rows">Cache rows of the own tokens.</param>
    /// <param name="maxTokens">Maximum number of own tokens that are computed.</param>
    internal SequenceBranch(
        SequenceBranch? parent, int parentTokens, int cachedTokens, IEnumerable<int> tokens, CachedSequence rows, int maxTokens)
    {
        (Parent, ParentTokens, CachedTokens, Rows, MaxTokens) = (parent, parentTokens, cachedTokens, rows, maxTokens);
        Tokens = [.. tokens];
    }

    /// <summary>Number of tokens at the beginning that were computed for an earlier sequence.</summary>
    public int CachedTokens { get; }

    /// <summary>Number of tokens that are not computed yet.</summary>
    public int Remaining => Tokens.Count - Rows.Own;

    /// <summary>Adds a token, which the next steps compute after <see cref="ContinuousBatch.TryGrow"/>.</summary>
    public void Append(int token) => Tokens.Add(token);

    internal SequenceBranch? Parent { get; }

    internal int ParentTokens { get; }

    /// <summary>Own tokens; the computed ones come first.</summary>
    internal List<int> Tokens { get; }

    internal CachedSequence Rows { get; }

    internal int MaxTokens { get; }

    internal List<SequenceBranch> Children { get; } = [];

    internal bool IsRunning { get; set; } = true;

    /// <summary>Number of the last call that used the branch.</summary>
    internal long LastUse { get; set; }

    /// <summary>Returns the number of first tokens that equal those of a text from an offset on.</summary>
    /// <param name="text">The text.</param>
    /// <param name="offset">Index in the text of the token to compare with the branch's first.</param>
    /// <param name="limit">Length of the text that may be used.</param>
    /// <param name="planned">Counts tokens that are not computed yet as well.</param>
    internal int Common(IReadOnlyList<int> text, int offset, int limit, bool planned)
    {
        int most = Math.Min(planned ? Tokens.Count : Rows.Own, limit - offset), equal = 0;
        while (equal < most && Tokens[equal] == text[offset + equal])
        {
            equal++;
        }
        return equal;
    }

    /// <summary>Returns all computed tokens, with those of the beginning.</summary>
    internal List<int> Text()
    {
        List<int> text = [];
        int own = Rows.Own;
        for (SequenceBranch? branch = this; branch is not null; (own, branch) = (branch.ParentTokens, branch.Parent))
        {
            text.InsertRange(0, branch.Tokens.Take(own));
        }
        return text;
    }
}
