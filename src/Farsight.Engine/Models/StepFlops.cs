using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;

namespace Farsight.Engine.Models;

/// <summary>Floating-point operations that one training step over a tree needs; a multiply-add counts as two.</summary>
/// <remarks>
/// Only what the result asks for is counted, whoever computes more: each shared row once; of the attention the pairs of query
/// and key that see each other; in the last layer queries, output and MLP for the rows that predict a scored token; logits of
/// those rows. Nothing is counted twice, so neither the layers that recomputation runs again nor the scores and logits
/// that backward makes anew. Of n rows, a matrix [o, i] takes 2·n·o·i forward, as many for the gradient by its input and, where
/// it is trained, as many for its own; a low-rank pair of rank R six products of 2·n·R·i or 2·n·R·o; a visible pair of a
/// query head 4·Dh forward (score, value) and 8·Dh backward (by value, weight, query and key). Norms, rotations, softmax
/// and optimizer are left out: together they are below a percent.
/// </remarks>
/// <param name="Layers">Matrix products of the layers without adapters, forward.</param>
/// <param name="LayersBackward">The same, backward.</param>
/// <param name="Adapter">Low-rank products, forward and backward.</param>
/// <param name="Attention">Scores and sums of values, forward.</param>
/// <param name="AttentionBackward">The same, backward.</param>
/// <param name="Head">Logits of scored tokens, forward and backward.</param>
public sealed record StepFlops(
    double Layers, double LayersBackward, double Adapter, double Attention, double AttentionBackward, double Head)
{
    /// <summary>All together.</summary>
    public double Total => Layers + LayersBackward + Adapter + Attention + AttentionBackward + Head;

    /// <summary>Counts a step.</summary>
    /// <param name="config">The model.</param>
    /// <param name="tree">What the step runs over.</param>
    /// <param name="lora">The adapter; null when every weight is trained.</param>
    /// <param name="attention">Which keys each head looks at; null for all that the tree shows it.</param>
    public static StepFlops Of(ModelConfig config, TokenTree tree, LoraOptions? lora, AttentionPattern? attention = null)
    {
        LastRows last = LastRows.Of(tree);
        long rows = tree.Count, lastRows = last.Selection.Count, inner = config.NumHiddenLayers - 1;
        long queries = (long)config.NumAttentionHeads * config.HeadDim, keys = (long)config.NumKeyValueHeads * config.HeadDim;
        long d = config.HiddenSize, f = config.IntermediateSize;
        (string Name, double Rows, double Outputs, double Inputs)[] linears =
        [
            ("q_proj", inner * rows + lastRows, queries, d),
            ("k_proj", (inner + 1) * rows, keys, d),
            ("v_proj", (inner + 1) * rows, keys, d),
            ("o_proj", inner * rows + lastRows, d, queries),
            ("gate_proj", inner * rows + lastRows, f, d),
            ("up_proj", inner * rows + lastRows, f, d),
            ("down_proj", inner * rows + lastRows, d, f),
        ];
        double layers = linears.Sum(l => 2 * l.Rows * l.Outputs * l.Inputs);
        double adapter = lora is null
            ? 0
            : linears.Where(l => lora.Targets.Contains(l.Name)).Sum(l => 6 * l.Rows * lora.Rank * (l.Outputs + l.Inputs));
        int heads = config.NumAttentionHeads;
        IReadOnlyList<AttentionSpan> Seen(IReadOnlyList<AttentionSpan> spans) => attention?.Of(spans, heads) ?? spans;
        IReadOnlyList<AttentionSpan> all = Seen(AttentionSpan.For(tree));
        double pairs = config.HeadDim * (Enumerable.Range(0, (int)inner).Sum(layer => Pairs(all, config.WindowOf(layer), heads))
            + Pairs(Seen(last.Spans), config.WindowOf((int)inner), heads));
        bool headIsTrained = lora is null || (lora.TrainEmbeddings && config.TieWordEmbeddings);
        double head = 2.0 * tree.Scored.Count * config.VocabSize * d;
        return new(layers, lora is null ? 2 * layers : layers, adapter, 4 * pairs, 8 * pairs, (headIsTrained ? 3 : 2) * head);
    }

    /// <summary>Pairs of a query of a head and a key that it sees.</summary>
    static double Pairs(IReadOnlyList<AttentionSpan> spans, int? window, int heads) => spans.Sum(s =>
    {
        // The first queries see everything before them, the others as many keys as the window has.
        double prefix = s.Prefix.Sum(p => p.Count), whole = Math.Clamp((window ?? double.PositiveInfinity) - prefix, 0, s.QueryCount);
        return (s.Heads?.Count ?? heads) * (whole * prefix + whole * (whole + 1) / 2 + (s.QueryCount - whole) * (window ?? 0));
    });
}
