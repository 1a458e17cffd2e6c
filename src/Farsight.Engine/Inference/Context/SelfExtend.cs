using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Gives near keys their exact positions and far keys floor-divided ones.</summary>
/// <remarks>
/// With group size G and neighbor window W: if i − j &lt; W, query i and key j have their own positions; else the query stands at
/// ⌊i/G⌋ + W − ⌊W/G⌋ and the key at ⌊j/G⌋. One softmax spans both. The window L becomes (L − W) · G + W. Source: SelfExtend,
/// arXiv:2401.01325. Some of the authors' files divide W by G as real numbers; here all divisions are floors. Their optional scaling of the
/// queries is not implemented.
/// </remarks>
sealed class SelfExtend(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "self-extend", "SelfExtend", "arXiv:2401.01325",
        [
            new("group", "Positions that far keys share", 8, 1, 1 << 16),
            new("neighbors", "Tokens with exact positions; 0 for a quarter of the window", 0, 0, MethodOption.MaxTokens),
        ]);

    int Group => Whole("group");

    /// <inheritdoc/>
    public override int? WindowOf(ModelConfig config) => (int)Math.Min(
        int.MaxValue, (long)(config.MaxPositionEmbeddings - NeighborsOf(config)) * Group + NeighborsOf(config));

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        NeighborsOf(config) >= config.MaxPositionEmbeddings
            ? $"neighbors is {NeighborsOf(config)} and must be below the window of {config.MaxPositionEmbeddings} tokens."
            : PositionProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(model, promptTokens + newTokens, Group, NeighborsOf(model.Config));

    int NeighborsOf(ModelConfig config) => Whole("neighbors") is > 0 and var own ? own : Math.Max(1, config.MaxPositionEmbeddings / 4);

    sealed class Reader : LayerwiseReader
    {
        readonly int _group, _neighbors;
        readonly KvCache _near;  // rotated to exact positions
        readonly RowsOwner _memory = new();
        readonly Rows[] _far;    // [L] keys rotated to divided positions

        internal Reader(DecoderModel model, int capacity, int group, int neighbors)
            : base(model)
        {
            (_group, _neighbors) = (group, neighbors);
            _near = new(model.Config, capacity);
            _far = [.. model.Blocks.Select(_ => _memory.Allocate(capacity, Shape.KeyWidth))];
            Cost.Hold((RowBytes + RowBytes / 2) * capacity * model.Blocks.Count);
        }

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel) =>
            ReadTokens(prompt, logits, cancel);

        public override void Dispose()
        {
            _near.Dispose();
            _memory.Dispose();
        }

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            int firstQuery = first + keys.Count - queries.Count;
            (Rows nearKeys, Rows seenValues) = _near.Layer(layer, [(first, keys.Count)]).Append(Rotated(layer, keys, first, w), values);
            int[] divided = [.. Enumerable.Range(first, keys.Count).Select(p => p / _group)];
            _far[layer].Slice(first, keys.Count).CopyFrom(Rotated(layer, keys, divided, w));

            Rows logSumExp = w.Rows(queries.Count, Shape.Heads);
            AttentionSpan near = new(0, queries.Count, firstQuery > 0 ? [new(0, firstQuery)] : [], firstQuery, _neighbors);
            TreeAttention.Forward(
                Rotated(layer, queries, firstQuery, w), nearKeys, seenValues, Shape, [near], output, logSumExp);
            Cost.KeyValueBytes += RowBytes * (first + keys.Count);

            int from = Math.Max(0, _neighbors - firstQuery), count = queries.Count - from;
            if (count <= 0)
            {
                return; // no key is far
            }
            int shift = _neighbors - _neighbors / _group, start = firstQuery + from - _neighbors;
            int[] positions = [.. Enumerable.Range(firstQuery + from, count).Select(p => p / _group + shift)];
            Rows other = w.Rows(count, output.Width), otherLogSumExp = w.Rows(count, Shape.Heads);
            AttentionSpan far = new(0, count, start > 0 ? [new(0, start)] : [], start);
            TreeAttention.Forward(
                Rotated(layer, queries.Slice(from, count), positions, w), _far[layer], seenValues, Shape, [far], other, otherLogSumExp);
            SparseAttention.Join(output.Slice(from, count), logSumExp.Slice(from, count), other, otherLogSumExp, Shape);
        }
    }
}
