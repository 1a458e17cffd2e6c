using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;

namespace Farsight.Engine.Models;

/// <summary>Counts the floating-point operations of one training step over a tree; a multiply-add counts as two.</summary>
/// <remarks>
/// Counts only what the result requires: each shared row once; in attention the visible pairs of query and key; in the last layer
/// queries, output and MLP of the rows that predict a scored token; logits of those rows. Nothing counts twice: not the layers that
/// recomputation runs again, nor the scores and logits that backward computes again. For n rows, a matrix [o, i] takes 2·n·o·i forward,
/// as many for the gradient by its input and, if it is trained, as many for its own; a low-rank pair of rank R takes six products of
/// 2·n·R·i or 2·n·R·o; a visible pair of a query head 4·Dh forward (score, value) and 8·Dh backward (by value, weight, query and key).
/// Norms, rotations, softmax and optimizer are not counted: together they are below one percent.
/// </remarks>
/// <param name="Layers">Matrix products of the layers without adapters, forward.</param>
/// <param name="LayersBackward">Matrix products of the layers without adapters, backward.</param>
/// <param name="Adapter">Low-rank products, forward and backward.</param>
/// <param name="Attention">Scores and sums of values, forward.</param>
/// <param name="AttentionBackward">Backward of scores and sums of values.</param>
/// <param name="Head">Logits of scored tokens, forward and backward.</param>
public sealed record StepFlops(
    double Layers, double LayersBackward, double Adapter, double Attention, double AttentionBackward, double Head)
{
    /// <summary>Total operations.</summary>
    public double Total => Layers + LayersBackward + Adapter + Attention + AttentionBackward + Head;

    /// <summary>Counts the operations of a step.</summary>
    /// <param name="config">The model.</param>
    /// <param name="tree">Tree of the step.</param>
    /// <param name="lora">The adapter; null when every weight is trained.</param>
    /// <param name="attention">Which keys each head attends to; null for all visible keys.</param>
    public static StepFlops Of(ModelConfig config, TokenTree tree, LoraOptions? lora, AttentionPattern? attention = null)
    {
        LastRows last = LastRows.Of(tree);
        long rows = tree.Count, lastRows = last.Selection.Count, inner = config.NumHiddenLayers - 1;
        long d = config.HiddenSize;
        Product[] products =
        [
            .. Enumerable.Range(0, (int)inner + 1).SelectMany(l => Products(config, l, rows, l < inner ? rows : lastRows)),
        ];
        double layers = products.Sum(p => 2.0 * p.Rows * p.Outputs * p.Inputs);
        double adapter = lora is null
            ? 0
            : products
                .Where(p => lora.Targets.Contains(LayerNames.Target(p.Name)))
                .Sum(p => 6.0 * p.Rows * lora.Rank * (p.Outputs + p.Inputs));
        int heads = config.NumAttentionHeads;
        IReadOnlyList<AttentionSpan> Seen(IReadOnlyList<AttentionSpan> spans) => attention?.Of(spans, heads) ?? spans;
        IReadOnlyList<AttentionSpan> all = Seen(AttentionSpan.For(tree));
        double pairs = config.HeadDim * (Enumerable.Range(0, (int)inner).Sum(layer => Pairs(all, config.WindowOf(layer), heads))
            + Pairs(Seen(last.Spans), config.WindowOf((int)inner), heads));
        bool headIsTrained = lora is null || (lora.TrainEmbeddings && config.TieWordEmbeddings);
        double head = 2.0 * tree.Scored.Count * config.VocabSize * d;
        return new(layers, lora is null ? 2 * layers : layers, adapter, 4 * pairs, 8 * pairs, (headIsTrained ? 3 : 2) * head);
    }

    /// <summary>Lists the products of a layer; an expert's are those of the tokens that use it.</summary>
    static IEnumerable<Product> Products(ModelConfig config, int layer, long rows, long outputRows)
    {
        long d = config.HiddenSize, queries = config.QueryWidth, keys = config.KeyWidth;
        LayerNames names = LayerNames.Of(config, layer);
        MlpNames mlp = names.Mlps.First();
        MixtureOfExperts? experts = config.HasExperts(layer) ? config.Experts : null;
        long width = experts?.IntermediateSize ?? config.IntermediateSize, mlpRows = outputRows * (experts?.PerToken ?? 1);
        yield return new(names.Projections[0], outputRows, queries, d);
        yield return new(names.Projections[names.Projections.Count / 2], rows, keys, d);
        yield return new(names.Projections[^1], rows, keys, d);
        yield return new(names.Output, outputRows, d, queries);
        if (experts is not null)
        {
            yield return new(names.Router!, outputRows, experts.Count, d);
        }
        yield return new(mlp.Inputs[0], mlpRows, width, d);
        yield return new(mlp.Inputs[^1], mlpRows, width, d);
        yield return new(mlp.Down, mlpRows, d, width);
    }

    readonly record struct Product(string Name, long Rows, long Outputs, long Inputs);

    /// <summary>Counts the pairs of a query and a visible key, over all heads.</summary>
    static double Pairs(IReadOnlyList<AttentionSpan> spans, int? window, int heads) => spans.Sum(s =>
    {
        // The first queries see everything before them, the others as many keys as the window has.
        double prefix = s.Prefix.Sum(p => p.Count), whole = Math.Clamp((window ?? double.PositiveInfinity) - prefix, 0, s.QueryCount);
        return (s.Heads?.Count ?? heads) * (whole * prefix + whole * (whole + 1) / 2 + (s.QueryCount - whole) * (window ?? 0));
    });
}

/// <summary>Counts the operations that the backward pass computes a second time, which <see cref="StepFlops"/> leaves out.</summary>
public static class RecomputedFlops
{
    /// <summary>Counts the repeated operations of a step.</summary>
    /// <param name="step">Operations of the step.</param>
    /// <param name="config">Shape of the model.</param>
    /// <param name="level">Arrays that the passes keep.</param>
    public static double Of(StepFlops step, ModelConfig config, Recomputation level)
    {
        double attention = 2.0 * config.HeadDim * (config.NumAttentionHeads + config.NumKeyValueHeads);
        double mlp = config.UsedMlpWidth;
        double product = step.Layers / (attention + 3 * mlp); // of one output of the width of the hidden state
        return level switch
        {
            Recomputation.None => 0,
            Recomputation.Mlp => product * 2 * mlp,
            _ => product * (attention + 2 * mlp) + step.Attention + step.Adapter / 3,
        };
    }
}
