using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Models;

/// <summary>Represents what the layers of a model read of a token tree, for engines that compute the layers elsewhere.</summary>
/// <param name="Spans">Keys that the T rows attend to, without sliding windows.</param>
/// <param name="LastSpans">The same for the T' rows of the last layer; queries count among these, keys among all rows.</param>
/// <param name="LastRows">Rows that the last layer computes, ascending: [T'].</param>
/// <param name="ScoredRows">Index among <paramref name="LastRows"/> of the row that predicts each scored token: [scored tokens].</param>
/// <param name="Rotations">Rotations by <see cref="ModelConfig.RotationOf"/>.</param>
public sealed record TreeLayout(
    IReadOnlyList<AttentionSpan> Spans,
    IReadOnlyList<AttentionSpan> LastSpans,
    IReadOnlyList<int> LastRows,
    IReadOnlyList<int> ScoredRows,
    IReadOnlyList<RowRotation> Rotations)
{
    /// <summary>Computes the layout of a tree.</summary>
    /// <param name="config">The model.</param>
    /// <param name="tree">A tree with at least one scored token.</param>
    /// <param name="attention">Which keys each head attends to; null for all visible keys.</param>
    /// <exception cref="ArgumentException">The tree has no scored token.</exception>
    public static TreeLayout Of(ModelConfig config, TokenTree tree, AttentionPattern? attention = null)
    {
        if (tree.Scored.Count == 0)
        {
            throw new ArgumentException("The tree has no scored token; mark at least one token as scored.", nameof(tree));
        }
        LastRows last = Models.LastRows.Of(tree);
        IReadOnlyList<AttentionSpan> Seen(IReadOnlyList<AttentionSpan> spans) =>
            attention?.Of(spans, config.NumAttentionHeads) ?? spans;
        return new(
            Seen(AttentionSpan.For(tree)),
            Seen(last.Spans),
            [.. last.Selection.Ranges.SelectMany(r => Enumerable.Range(r.Start, r.Count))],
            [.. tree.Scored.Select(s => last.Of(s.Row))],
            RotationsOf(config, tree));
    }

    /// <summary>Computes the rotations alone.</summary>
    /// <param name="config">The model.</param>
    /// <param name="tree">A tree; it need not have scored tokens.</param>
    public static IReadOnlyList<RowRotation> RotationsOf(ModelConfig config, TokenTree tree) =>
        [.. DecoderModel.RotariesOf(config).Select(r => RowRotation.Of(r, tree))];
}

/// <summary>Represents the cosines and sines that rotate the rows of a tree, row by row, with the attention factor.</summary>
/// <param name="Cos">[T · pairs]</param>
/// <param name="Sin">[T · pairs]</param>
/// <param name="Pairs">Rotated pairs of a head.</param>
public sealed record RowRotation(float[] Cos, float[] Sin, int Pairs)
{
    internal static RowRotation Of(Rotary rotary, TokenTree tree)
    {
        using RowsOwner memory = new();
        RopeTable table = new(memory.Allocate(tree.Count, rotary.Pairs), memory.Allocate(tree.Count, rotary.Pairs));
        rotary.Fill(table, tree.Positions, tree.Lengths());
        return new(table.Cos.Span.ToArray(), table.Sin.Span.ToArray(), rotary.Pairs);
    }
}
