using Farsight.Engine.Kernels;
using Farsight.Engine.Lora;
using Farsight.Engine.Memory;

namespace Farsight.Engine.Models;

/// <summary>Represents the exact memory of a forward and backward pass, computed before the pass.</summary>
/// <remarks>Mirrors every allocation of <see cref="TreePass"/>, <see cref="BlockPass"/>, <see cref="AttentionPass"/>,
/// <see cref="MlpPass"/>, <see cref="GatedMlp"/> and <see cref="ExpertMixture"/>; a test compares the two.</remarks>
/// <param name="Kept">Floats that live from forward to backward.</param>
/// <param name="Scratch">Maximum floats that live inside a layer.</param>
readonly record struct ActivationPlan(long Kept, long Scratch)
{
    /// <summary>Total bytes.</summary>
    public long Bytes => (Kept + Scratch) * sizeof(float);

    /// <summary>Plans a pass.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="size">Size of the tree, or an upper bound.</param>
    /// <param name="lora">Options of the adapter; null without one.</param>
    /// <param name="level">Arrays that the pass keeps; null for an evaluation without backward.</param>
    public static ActivationPlan Of(ModelConfig config, TreeSize size, LoraOptions? lora, Recomputation? level)
    {
        int inner = config.NumHiddenLayers - 1, pairs = config.RotatedDim / 2;
        Shapes[] layers = [.. Enumerable.Range(0, inner + 1).Select(layer => new Shapes(config, lora, size, level, layer))];
        long kept = Shapes.Take(size.Rows, config.HiddenSize)
            + config.Rotations * 2 * (Shapes.Take(size.Rows, pairs) + Shapes.Take(size.LastRows, pairs))
            + Shapes.Take(size.LastRows, config.HiddenSize)
            + 2 * Shapes.Take(size.Scored, config.HiddenSize) + Shapes.Take(size.Scored, 1)
            + layers[..inner].Sum(l => l.KeptByBlock(size.Rows, isLast: false)) + layers[inner].KeptByBlock(size.LastRows, isLast: true);
        long Largest(Func<Shapes, int, bool, long> part) => Math.Max(
            part(layers[inner], size.LastRows, true), layers[..inner].Select(l => part(l, size.Rows, false)).DefaultIfEmpty().Max());
        long scratch = Largest((l, t, selects) => l.Forward(t, selects));
        if (level is not null)
        {
            long head = 2 * Shapes.Take(size.Scored, config.HiddenSize);
            scratch = Math.Max(
                scratch,
                Shapes.Take(size.Rows, config.HiddenSize) + Shapes.Take(size.LastRows, config.HiddenSize)
                + Math.Max(head, Largest((l, t, selects) => l.Backward(t, selects))));
        }
        return new(kept, scratch);
    }

    /// <summary>Memory of one block with t output rows; its input rows are the tree's.</summary>
    sealed class Shapes(ModelConfig c, LoraOptions? lora, TreeSize size, Recomputation? level, int layer)
    {
        readonly int _total = size.Rows;
        readonly int _d = c.HiddenSize, _queries = c.QueryWidth, _keys = c.KeyWidth;
        readonly bool _keepsAttention = level is Recomputation.None or Recomputation.Mlp, _keepsMlp = level is Recomputation.None;
        readonly bool _normsInput = c.NormPlacement is not NormPlacement.After, _normsResult = c.NormPlacement is not NormPlacement.Before;
        readonly MixtureOfExperts? _experts = c.HasExperts(layer) ? c.Experts : null;
        readonly LayerTargets _targets = LayerTargets.Of(c, layer);

        internal static long Take(int count, int width) => Workspace.Floats(count, width);

        internal long KeptByBlock(int t, bool isLast) =>
            (!isLast && level is not (null or Recomputation.RoundedLayer) ? Take(_total, _d) : 0)
            + (level == Recomputation.RoundedLayer ? Take(_total, (_d + 1) / 2) : 0)
            + (_keepsAttention ? Attention(t) : 0)
            + (_keepsMlp ? Products(t) + (_normsResult ? Take(t, _d) : 0) : 0);

        internal long Forward(int t, bool selects) =>
            (_keepsAttention ? 0 : Attention(t)) + Math.Max(AttentionForward(t, selects), MlpForward(MlpPass.LargestBlock(t)));

        internal long Backward(int t, bool selects)
        {
            long attention = _keepsAttention ? 0 : Attention(t) + (level == Recomputation.RoundedLayer ? Take(_total, _d) : 0);
            return attention + Math.Max(
                _keepsAttention ? 0 : AttentionForward(t, selects),
                Math.Max(MlpBackward(MlpPass.LargestBlock(t)), AttentionBackward(t, selects)));
        }

        /// <summary>Rows that <see cref="AttentionPass"/> keeps for its backward.</summary>
        long Attention(int t) =>
            Take(t, _queries) + LowRank(_targets.Query, t) + 2 * Take(_total, _keys) + LowRank(_targets.Key, _total)
            + LowRank(_targets.Value, _total) + Take(t, _queries) + Take(t, c.NumAttentionHeads) + Take(t, _d) + LowRank(_targets.Output, t)
            + (_normsResult ? Take(t, _d) : 0);

        long AttentionForward(int t, bool selects) =>
            InputNorm(_total) + HeadNorms(t) + Gathered(1) + (selects ? 2 * Take(t, _d) : 0) + (_normsResult ? Norm(t) : 0);

        /// <summary>Keys and values of all ranks, or those and their gradients.</summary>
        long Gathered(int pairs) => 2 * pairs * Take(size.GatheredRows, _keys);

        long AttentionBackward(int t, bool selects)
        {
            long exchanged = size.GatheredRows == 0 ? 0 : Gathered(2) + Take(_total, _keys);
            long inner = Take(t, _queries) + ResidualBackward(t) + Math.Max(
                LowRank(_targets.Output, t),
                HeadNorms(t) + Math.Max(exchanged, c.QueryKeyNorm ? Math.Max(Take(t, _queries), Take(_total, _keys)) : 0));
            long outer = Take(_total, _d) + InputNorm(_total) + (selects ? 2 * Take(t, _d) : 0)
                + Math.Max(LowRank(_targets.Query, t), Math.Max(LowRank(_targets.Key, _total), LowRank(_targets.Value, _total)));
            return Take(t, _queries) + 2 * Take(_total, _keys) + Math.Max(inner, outer);
        }

        long MlpForward(int b) =>
            InputNorm(b) + (_keepsMlp ? 0 : Products(b)) + (_normsResult && !_keepsMlp ? Take(b, _d) : 0) + (_normsResult ? Norm(b) : 0)
            + ProductsForward(b, _keepsMlp);

        long MlpBackward(int b)
        {
            long before = (_keepsMlp ? 0 : Products(b)) + InputNorm(b) + (_normsResult && !_keepsMlp ? Take(b, _d) : 0);
            long again = _normsResult && !_keepsMlp ? ProductsForward(b, keeps: true) : 0;
            return before + Math.Max(again, ResidualBackward(b) + ProductsBackward(b));
        }

        /// <summary>Gate, up, and the low-rank parts of all three products.</summary>
        long Products(int b)
        {
            int rows = Pairs(b);
            return 2 * Take(rows, Width) + LowRank(_targets.Gate, rows) + LowRank(_targets.Up, rows) + LowRank(_targets.Down, rows);
        }

        long ProductsForward(int b, bool keeps) =>
            (keeps ? Take(Pairs(b), Width) : 0) + (_experts is null ? 0 : Routed(b) + Take(Pairs(b), _d));

        long ProductsBackward(int b)
        {
            int rows = Pairs(b);
            long down = LowRank(_targets.Down, b), halves = Math.Max(LowRank(_targets.Gate, b), LowRank(_targets.Up, b));
            return 3 * Take(rows, Width) + (_experts is null
                ? Math.Max(down, Take(b, _d) + halves)
                : Routed(b) + 2 * Take(rows, _d) + Math.Max(Math.Max(down, halves), Take(b, _d) + LowRank(_targets.Router, b)));
        }

        /// <summary>Logits of the router and its low-rank part.</summary>
        long Routed(int b) => Take(b, _experts!.Count) + LowRank(_targets.Router, b);

        int Pairs(int b) => b * (_experts?.PerToken ?? 1);

        int Width => _experts?.IntermediateSize ?? c.IntermediateSize;

        long ResidualBackward(int b) =>
            (c.ResidualScale != 1 ? Take(b, _d) : 0) + (_normsResult ? Norm(b) + Take(b, _d) : 0);

        long InputNorm(int rows) => _normsInput ? Norm(rows) : 0;

        long Norm(int rows) => Take(rows, _d) + Take(rows, 1);

        long HeadNorms(int t) => !c.QueryKeyNorm ? 0
            : Take(t, _queries) + Take(t, c.NormsWholeProjection ? 1 : c.NumAttentionHeads)
            + Take(_total, _keys) + Take(_total, c.NormsWholeProjection ? 1 : c.NumKeyValueHeads);

        long LowRank(string? target, int rows) => target is not null && lora?.Targets.Contains(target) == true ? Take(rows, lora.Rank) : 0;
    }

    /// <summary>Represents the adapter targets of the products of a layer; the same where they are parts of one matrix.</summary>
    readonly record struct LayerTargets(
        string Query, string Key, string Value, string Output, string? Router, string Gate, string Up, string Down)
    {
        internal static LayerTargets Of(ModelConfig c, int layer)
        {
            LayerNames names = LayerNames.Of(c, layer);
            MlpNames mlp = names.Mlps.First();
            string[] all =
            [
                names.Projections[0], names.Projections[names.Projections.Count / 2], names.Projections[^1], names.Output, mlp.Inputs[0],
                mlp.Inputs[^1], mlp.Down,
            ];
            string[] targets = [.. all.Select(LayerNames.Target)];
            return new(
                targets[0], targets[1], targets[2], targets[3], names.Router is { } router ? LayerNames.Target(router) : null,
                targets[4], targets[5], targets[6]);
        }
    }
}

/// <summary>Represents the sizes of a <see cref="TokenTree"/> that determine the memory of a pass over it.</summary>
/// <param name="Rows">T: rows of the tree.</param>
/// <param name="LastRows">T': rows that the last layer computes.</param>
/// <param name="Scored">N: scored tokens.</param>
public readonly record struct TreeSize(int Rows, int LastRows, int Scored)
{
    /// <summary>Returns the size of a tree.</summary>
    public static TreeSize Of(TokenTree tree) => TreeShare.Of(tree, null).Size;

    /// <summary>Rows of the tree whose keys and values a rank gathers; 0 where one process computes all rows.</summary>
    internal int GatheredRows { get; init; }

    /// <summary>Returns an upper bound of the share of each of some ranks that divide the rows, for trees with few nodes.</summary>
    public TreeSize Divided(int ranks)
    {
        if (ranks == 1)
        {
            return this;
        }
        int rows = (int)Math.Min(Rows, (Rows + ranks - 1L) / ranks + 2 * AttentionScratch.KeyBlock);
        return new(rows, Math.Clamp(LastRows, 1, rows), Math.Min(Scored, rows)) { GatheredRows = Rows };
    }

    /// <summary>Returns the maximum of both sizes, extent by extent.</summary>
    public TreeSize Or(TreeSize other) =>
        new(Math.Max(Rows, other.Rows), Math.Max(LastRows, other.LastRows), Math.Max(Scored, other.Scored))
        {
            GatheredRows = Math.Max(GatheredRows, other.GatheredRows),
        };
}

/// <summary>Defines what a forward pass keeps for its backward, from the fastest level to the one with the least memory.</summary>
/// <remarks>No level keeps values that are cheap to compute again, such as normed inputs and the product of the activation.</remarks>
public enum Recomputation
{
    /// <summary>Every product is computed once.</summary>
    None,

    /// <summary>Gate and up are computed again, in blocks of rows: no array of tokens × intermediate size exists. Same bits.</summary>
    Mlp,

    /// <summary>Each layer's input is kept and the layer computed again. Same bits.</summary>
    Layer,

    /// <summary>
    /// As <see cref="Layer"/>, with the inputs rounded to BF16: log-probabilities keep their bits, gradients are those at the rounded
    /// inputs.
    /// </summary>
    RoundedLayer,
}
