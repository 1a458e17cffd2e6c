using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;
using Farsight.Engine.Rope;

namespace Farsight.Engine.Inference.Context;

/// <summary>Lets each head attend to the first chunk, the last ones, and the earlier chunks that it scores highest.</summary>
/// <remarks>
/// Chunks have w tokens, and a query sees n = budget / w of them. The feature of a chunk, per head: attention inside the chunk in both
/// directions at the positions 0 … w − 1, the mean of its outputs, and the attention of this mean over the rotated keys with the keys as
/// values. A query without RoPE scores chunks by its product with their features. Selected are chunk 0, the last complete chunk, the
/// n − 3 best others and the chunk of the query, in their order; positions 0, 1, 2, … are assigned to what was selected, and the query
/// stands at its own key. While all chunks are selected, this is ordinary attention. Source: LongHeads, arXiv:2402.10685. In the authors'
/// prefill a query beyond the budget does not see its own key, and padding enters the features; here every query sees its own key, and
/// there is no padding. The authors' models have as many key heads as query heads; here features belong to query heads.
/// </remarks>
sealed class LongHeads(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "longheads", "LongHeads", "arXiv:2402.10685",
        [
            new("chunk", "Tokens per chunk", 256, 1, 1 << 16),
            new("budget", "Tokens that a head attends to; 0 for 4096, or the window if that is smaller", 0, 0, MethodOption.MaxTokens),
        ]);

    const int UsualBudget = 4096, LeastChunks = 4;

    /// <inheritdoc/>
    public override int? WindowOf(ModelConfig config) => null;

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        BudgetOf(config) > config.MaxPositionEmbeddings || BudgetOf(config) < LeastChunks * Whole("chunk")
            ? $"budget is {BudgetOf(config)} tokens and must be at least {LeastChunks} chunks of {Whole("chunk")} and at most the window "
                + $"of {config.MaxPositionEmbeddings}."
            : PositionProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(model, promptTokens + newTokens, Whole("chunk"), BudgetOf(model.Config) / Whole("chunk"));

    int BudgetOf(ModelConfig config) => Whole("budget") is > 0 and var own ? own : Math.Min(UsualBudget, config.MaxPositionEmbeddings);

    sealed class Reader : LayerwiseReader
    {
        readonly int _chunk, _chunks;
        readonly KvCache _cache;             // keys rotated to their positions in the chunk
        readonly RowsOwner _memory = new();
        readonly Rows[] _features, _open;    // [L][chunks, H·Dh], and [L][w, H·Dh] rotated queries of the chunk that is not complete
        readonly RopeTable[] _tables;        // [rotations] for the distances 0 … budget − 1

        internal Reader(DecoderModel model, int capacity, int chunk, int chunks)
            : base(model)
        {
            (_chunk, _chunks, _cache) = (chunk, chunks, new(model.Config, capacity));
            int complete = Math.Max(1, capacity / chunk);
            _features = [.. model.Blocks.Select(_ => _memory.Allocate(complete, Shape.QueryWidth))];
            _open = [.. model.Blocks.Select(_ => _memory.Allocate(chunk, Shape.QueryWidth))];
            int[] distances = [.. Enumerable.Range(0, chunk * chunks)];
            _tables =
            [
                .. model.Rotaries.Select(r =>
                {
                    RopeTable table = new(_memory.Allocate(distances.Length, r.Pairs), _memory.Allocate(distances.Length, r.Pairs));
                    r.Fill(table, distances, distances);
                    return table;
                }),
            ];
            Cost.Hold(model.Blocks.Count * (RowBytes * capacity + (long)sizeof(float) * Shape.QueryWidth * (complete + chunk)));
        }

        private protected override bool NeedsAllRows => true; // features need every query

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel) =>
            ReadTokens(prompt, logits, cancel);

        public override void Dispose()
        {
            _cache.Dispose();
            _memory.Dispose();
        }

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            int[] inside = [.. Enumerable.Range(first, keys.Count).Select(p => p % _chunk)];
            (Rows seenKeys, Rows seenValues) = _cache.Layer(layer, [(first, keys.Count)]).Append(Rotated(layer, keys, inside, w), values);
            Rows local = Rotated(layer, queries, inside, w);
            for (int i = 0; i < queries.Count; i++)
            {
                local[i].CopyTo(_open[layer][inside[i]]);
                if (inside[i] == _chunk - 1)
                {
                    Describe(layer, (first + i) / _chunk, seenKeys, seenValues);
                }
            }
            RopeTable? table = Model.Config.RotationOf(layer) is { } rotation ? _tables[rotation] : null;
            bool[][] isRead = [.. Enumerable.Range(0, Shape.KeyValueHeads).Select(_ => new bool[(first + keys.Count - 1) / _chunk + 1])];
            Workers.For(queries.Count * Shape.Heads, item =>
            {
                int row = item / Shape.Heads, head = item % Shape.Heads;
                int[] chosen = Choose(layer, first + row, head, queries[row]);
                Array.ForEach(chosen, c => isRead[head / Shape.Group][c] = true);
                AttendTo(first + row, head, chosen, queries[row], table, seenKeys, seenValues, output[row]);
            });
            Cost.KeyValueBytes += isRead.Sum(h => (long)h.Count(c => c)) * _chunk * RowBytes / Shape.KeyValueHeads;
        }

        /// <summary>Returns the chunks that a head of the token at position p attends to, ascending; the last is its own.</summary>
        int[] Choose(int layer, int p, int head, ReadOnlySpan<float> query)
        {
            int own = p / _chunk;
            if (own < _chunks)
            {
                return [.. Enumerable.Range(0, own + 1)];
            }
            float[] scores = new float[own - 2]; // of chunks 1 … own − 2
            for (int i = 0; i < scores.Length; i++)
            {
                scores[i] = TensorPrimitives.Dot(
                    query.Slice(head * Shape.HeadDim, Shape.HeadDim), _features[layer][i + 1].Slice(head * Shape.HeadDim, Shape.HeadDim));
            }
            IEnumerable<int> best = Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(_chunks - 3).Order();
            return [0, .. best.Select(i => i + 1), own - 1, own];
        }

        /// <summary>Computes the attention of a head over chunks; the query is rotated for each, as keys keep their rotation.</summary>
        void AttendTo(
            int p, int head, int[] chosen, ReadOnlySpan<float> query, RopeTable? table, Rows keys, Rows values, Span<float> output)
        {
            int[] rows = [.. chosen.SelectMany(c => Enumerable.Range(c * _chunk, Math.Min(_chunk, p + 1 - c * _chunk)))];
            float[] scores = new float[rows.Length], rotated = new float[Shape.HeadDim];
            int at = head * Shape.HeadDim, keyHead = head / Shape.Group;
            for (int slot = 0; slot < chosen.Length; slot++)
            {
                int start = slot * _chunk, distance = (chosen.Length - 1 - slot) * _chunk + p % _chunk;
                query.Slice(at, Shape.HeadDim).CopyTo(rotated);
                if (table is { } rope)
                {
                    RopeRotation.Forward(rotated, Shape.HeadDim, rope.Cos[distance], rope.Sin[distance]);
                }
                int count = Math.Min(_chunk, rows.Length - start);
                SparseAttention.Scores(rotated, keys, keyHead, rows.AsSpan(start, count), Shape, scores.AsSpan(start, count));
            }
            SparseAttention.Softmax(scores);
            SparseAttention.Sum(scores, values, keyHead, rows, output.Slice(at, Shape.HeadDim));
        }

        /// <summary>Computes the features of a chunk that is complete.</summary>
        void Describe(int layer, int chunk, Rows keys, Rows values)
        {
            int[] rows = [.. Enumerable.Range(chunk * _chunk, _chunk)];
            Workers.For(Shape.Heads, head =>
            {
                int at = head * Shape.HeadDim, keyHead = head / Shape.Group;
                float[] scores = new float[_chunk], one = new float[Shape.HeadDim], mean = new float[Shape.HeadDim];
                for (int i = 0; i < _chunk; i++)
                {
                    SparseAttention.Scores(_open[layer][i].Slice(at, Shape.HeadDim), keys, keyHead, rows, Shape, scores);
                    SparseAttention.Softmax(scores);
                    SparseAttention.Sum(scores, values, keyHead, rows, one);
                    TensorPrimitives.MultiplyAdd(one, 1f / _chunk, mean, mean);
                }
                SparseAttention.Scores(mean, keys, keyHead, rows, Shape, scores);
                SparseAttention.Softmax(scores);
                SparseAttention.Sum(scores, keys, keyHead, rows, _features[layer][chunk].Slice(at, Shape.HeadDim));
            });
        }
    }
}
