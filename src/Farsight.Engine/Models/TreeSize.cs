namespace Farsight.Engine.Models;

/// <summary>As much of a <see cref="TokenTree"/> as decides how much memory a pass over it takes.</summary>
/// <param name="Rows">T.</param>
/// <param name="LastRows">T': rows that the last layer computes.</param>
/// <param name="Scored">N: scored tokens.</param>
public readonly record struct TreeSize(int Rows, int LastRows, int Scored)
{
    /// <summary>The size of a tree.</summary>
    public static TreeSize Of(TokenTree tree) => new(tree.Count, Models.LastRows.Of(tree).Selection.Count, tree.Scored.Count);

    /// <summary>At least as large as both.</summary>
    public TreeSize Or(TreeSize other) =>
        new(Math.Max(Rows, other.Rows), Math.Max(LastRows, other.LastRows), Math.Max(Scored, other.Scored));
}
