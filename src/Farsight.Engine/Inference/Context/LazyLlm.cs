using System.Numerics.Tensors;
using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Drops tokens from layer to layer by the attention of the last token; later steps can revive them.</summary>
/// <remarks>
/// Before some layers, only the share of the tokens stays that has the highest attention probability from the last token in the layer
/// before, averaged over heads (eq. 1). Every step begins with all tokens. A chosen token without keys in a layer is computed from its
/// hidden state, kept where it was dropped, so each token is computed at most once per layer. Source: LazyLLM, arXiv:2407.14057; no code
/// of the authors was found. Places and shares are those of the paper's figure. The last token is never dropped. A revived token attends
/// to the earlier tokens that are present in that step, and what it has computed stays.
/// </remarks>
sealed class LazyLlm(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "lazyllm", "LazyLLM", "arXiv:2407.14057",
        [
            new("keep", "Share of the tokens that stays at each place", 0.7, 0.001, 1, IsWhole: false),
            new("start", "First place, as a share of the layers", 0.3, 0.001, 1, IsWhole: false),
            new("step", "Distance of the places, as a share of the layers", 0.3, 0.001, 1, IsWhole: false),
        ]);

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) => PositionProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(model, promptTokens + newTokens, this["keep"], Places(model.Config.NumHiddenLayers));

    /// <summary>Returns the layers before which tokens are dropped, each above 0.</summary>
    HashSet<int> Places(int layers)
    {
        HashSet<int> places = [];
        for (int i = 0; this["start"] + i * this["step"] is < 1 and var share; i++)
        {
            places.Add(Math.Max(1, (int)(layers * share + 1e-9)));
        }
        return [.. places.Where(p => p < layers)];
    }

    /// <summary>Returns the tokens that stay, ascending: the last, and those of the highest scores, later ones first.</summary>
    /// <param name="alive">Tokens, ascending.</param>
    /// <param name="scores">[alive] their scores.</param>
    /// <param name="keep">Share that stays.</param>
    internal static int[] Keep(IReadOnlyList<int> alive, float[] scores, double keep)
    {
        int count = Math.Max(1, (int)Math.Ceiling(keep * alive.Count - 1e-9)), last = alive.Count - 1;
        return
        [
            .. Enumerable.Range(0, last)
                .OrderByDescending(i => scores[i])
                .ThenByDescending(i => i)
                .Take(count - 1)
                .Append(last)
                .Order()
                .Select(i => alive[i]),
        ];
    }

    sealed class Reader : LayerwiseReader
    {
        readonly double _keep;
        readonly HashSet<int> _places;
        readonly KvCache _cache;                           // row of a token = its index
        readonly RowsOwner _memory = new();
        readonly Dictionary<int, Rows> _waiting = [];      // [place][capacity, D] inputs of the layer of tokens that were dropped before it
        readonly bool[][] _isComputed;                     // [L][capacity]
        int[] _alive = [], _rows = [];                     // tokens that this step sees in the layer, and those it computes; ascending
        float[] _scores = [];                              // [alive] of the layer before the next place

        internal Reader(DecoderModel model, int capacity, double keep, HashSet<int> places)
            : base(model)
        {
            (_keep, _places, _cache) = (keep, places, new(model.Config, capacity));
            foreach (int place in places)
            {
                _waiting[place] = _memory.Allocate(capacity, model.Config.HiddenSize);
            }
            _isComputed = [.. model.Blocks.Select(_ => new bool[capacity])];
            Cost.Hold(capacity * (RowBytes * model.Blocks.Count + (long)sizeof(float) * model.Config.HiddenSize * places.Count));
        }

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel) =>
            Step(prompt, logits, cancel);

        internal override void Next(int token, LogitsReader logits) => Step([token], logits, CancellationToken.None);

        public override void Dispose()
        {
            _cache.Dispose();
            _memory.Dispose();
        }

        void Step(IReadOnlyList<int> tokens, LogitsReader logits, CancellationToken cancel) => WithMemory((kept, scratch) =>
        {
            Rows x = kept.Rows(tokens.Count, Model.Config.HiddenSize), last = default;
            Model.Embeddings.Look(tokens, x);
            _rows = [.. Enumerable.Range(Length, tokens.Count)];
            Length += tokens.Count;
            _alive = [.. Enumerable.Range(0, Length)];
            for (int layer = 0; layer < Layers; layer++)
            {
                if (_places.Contains(layer))
                {
                    x = Drop(layer, x, kept);
                }
                for (int first = 0; first < _rows.Length; first += RowsPerPass)
                {
                    cancel.ThrowIfCancellationRequested();
                    Workspace.Mark mark = scratch.Here();
                    last = Through(layer, first, x.Slice(first, Math.Min(RowsPerPass, _rows.Length - first)), scratch);
                    if (layer < Layers - 1 || first + RowsPerPass < _rows.Length)
                    {
                        scratch.Release(mark);
                    }
                }
                foreach (int row in _rows)
                {
                    _isComputed[layer][row] = true;
                }
            }
            Report(last, logits, scratch);
        });

        /// <summary>Drops tokens before a layer, and returns the hidden states of the tokens that the layer computes.</summary>
        Rows Drop(int layer, Rows x, Workspace kept)
        {
            _alive = Keep(_alive, _scores, _keep);
            HashSet<int> stays = [.. _alive];
            Dictionary<int, int> rowOf = _rows.Select((token, row) => (token, row)).ToDictionary(p => p.token, p => p.row);
            foreach (int token in _rows.Where(t => !stays.Contains(t)))
            {
                x[rowOf[token]].CopyTo(_waiting[layer][token]);
            }
            _rows = [.. _alive.Where(t => !_isComputed[layer][t])];
            Rows next = kept.Rows(_rows.Length, x.Width);
            for (int i = 0; i < _rows.Length; i++)
            {
                (rowOf.TryGetValue(_rows[i], out int row) ? x[row] : _waiting[layer][_rows[i]]).CopyTo(next[i]);
            }
            return next;
        }

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            int[] tokens = _rows[first..(first + keys.Count)];
            (Rows seenKeys, Rows seenValues) = _cache.Layer(layer, Places(tokens)).Append(Rotated(layer, keys, tokens, w), values);
            int[] asked = tokens[^queries.Count..];
            Rows rotated = Rotated(layer, queries, asked, w);
            if (_alive.Length < Length)
            {
                (seenKeys, seenValues) = (Gather(seenKeys, w), Gather(seenValues, w));
            }
            int before = Array.BinarySearch(_alive, tokens[0]), end = Array.BinarySearch(_alive, tokens[^1]) + 1;
            if (end - before == tokens.Length)
            {
                AttendCausally(layer, before, tokens.Length, rotated, seenKeys, seenValues, output, w);
            }
            else
            {
                int[] places = [.. asked.Select(t => Array.BinarySearch(_alive, t))];
                TreeAttention.Decode(
                    rotated, seenKeys, seenValues, Shape,
                    [.. places.Select((p, i) => new AttentionSpan(i, 1, p > 0 ? [new(0, p)] : [], p))], output);
                Cost.KeyValueBytes += RowBytes * end;
            }
            if (_places.Contains(layer + 1) && first + keys.Count == _rows.Length)
            {
                Score(rotated[rotated.Count - 1], seenKeys);
            }
        }

        /// <summary>Computes the attention probabilities of the last token, averaged over heads.</summary>
        void Score(ReadOnlySpan<float> query, Rows keys)
        {
            int[] rows = [.. Enumerable.Range(0, _alive.Length)];
            float[] scores = new float[rows.Length];
            _scores = new float[rows.Length];
            for (int head = 0; head < Shape.Heads; head++)
            {
                SparseAttention.Scores(query.Slice(head * Shape.HeadDim, Shape.HeadDim), keys, head / Shape.Group, rows, Shape, scores);
                SparseAttention.Softmax(scores);
                TensorPrimitives.MultiplyAdd<float>(scores, 1f / Shape.Heads, _scores, _scores);
            }
        }

        Rows Gather(Rows all, Workspace w)
        {
            Rows seen = w.Rows(_alive.Length, all.Width);
            for (int i = 0; i < _alive.Length; i++)
            {
                all[_alive[i]].CopyTo(seen[i]);
            }
            return seen;
        }

        /// <summary>Returns ascending tokens as runs of consecutive cache rows.</summary>
        static List<(int FirstRow, int Count)> Places(int[] tokens)
        {
            List<(int FirstRow, int Count)> places = [];
            foreach (int token in tokens)
            {
                if (places.Count > 0 && places[^1].FirstRow + places[^1].Count == token)
                {
                    places[^1] = (places[^1].FirstRow, places[^1].Count + 1);
                }
                else
                {
                    places.Add((token, 1));
                }
            }
            return places;
        }
    }
}
