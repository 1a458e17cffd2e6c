using Farsight.Engine.Kernels;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Clusters the keys of a context once; a question attends to the keys of the clusters that its queries score highest.</summary>
/// <remarks>
/// Once per context, layer and key head: k-means of the normalized rotated keys, without the last ones, the observation window. A
/// centroid is the mean of the keys themselves. For queries q, cluster c of N_c keys scores
/// S_c = exp(a · q·C_c) / Σ_j N_j exp(a · q·C_j), averaged over the queries. The threshold is a quantile over all layers, heads and keys of
/// the scores of the observation window's queries. For a question, keys of clusters above the threshold, the observation window, and
/// everything after the context get exact attention; so does every later token by its own query. With two levels, centroids are clustered
/// again; both levels have a threshold, and fine clusters outside the chosen coarse ones count 0 keys. Source: Squeezed Attention,
/// arXiv:2411.09688. Here the query heads that read one key head share a choice, the average of their scores; maxima are subtracted before
/// exponents; empty clusters are removed. The context is the prompt without its last tokens. Clusters are kept for the next prompt of a
/// call that begins with the same context.
/// </remarks>
sealed class SqueezedAttention(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "squeezed-attention", "Squeezed Attention", "arXiv:2411.09688",
        [
            new("clusters", "Clusters, as a share of the context's keys", 0.05, 0.0001, 1, IsWhole: false),
            new("squeeze", "Quantile of the threshold, the share of keys below it; 0 for all keys", 0.7, 0, 0.9999, IsWhole: false),
            new("coarse", "Coarse clusters of a second level, as a share of the keys; 0 for one level", 0, 0, 1, IsWhole: false),
            new("question", "Number of last tokens that are the question", 64, 1, CacheRun.RowsPerPass / 2),
            new("observe", "Tokens at the end of the context that are always read", 100, 1, CacheRun.RowsPerPass),
            new("iterations", "Maximum iterations of k-means", 300, 1, 10_000),
            new("seed", "Random seed of k-means", 0, 0, int.MaxValue),
        ]);

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        this["coarse"] >= this["clusters"] ? "coarse must be below clusters." : PositionProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(this, model, promptTokens, newTokens);

    sealed class Reader : LayerwiseReader
    {
        readonly SqueezedAttention _method;
        readonly int _context, _clustered, _capacity; // tokens of the context, of these clustered, and rows of the cache
        readonly KvCache _cache;
        readonly RowsOwner _memory = new();
        readonly Rows[] _observed;                    // [L][observe, H·Dh] rotated queries of the observation window
        readonly KeyClusters[][] _clusters;           // [L][Hkv]; empty until the context is read
        double _fine = -1, _coarse = -1;              // thresholds
        int[] _known = [];

        internal Reader(SqueezedAttention method, DecoderModel model, int promptTokens, int newTokens)
            : base(model)
        {
            _method = method;
            int observed = method.Whole("observe");
            _context = Math.Max(0, promptTokens - method.Whole("question"));
            _clustered = Math.Max(0, _context - observed);
            _capacity = _context + Math.Max(promptTokens - _context, 2 * method.Whole("question")) + newTokens;
            _cache = new(model.Config, _capacity);
            _observed = [.. model.Blocks.Select(_ => _memory.Allocate(observed, Shape.QueryWidth))];
            _clusters = new KeyClusters[model.Blocks.Count][];
            Cost.Hold(model.Blocks.Count * (RowBytes * _capacity + (long)sizeof(float) * Shape.QueryWidth * observed));
        }

        private protected override bool NeedsAllRows => _clustered > 0; // observed queries, and those of the question

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel)
        {
            if (_clustered == 0)
            {
                ReadTokens(prompt, logits, cancel);
                return;
            }
            if (_known.Length == 0)
            {
                _known = [.. prompt.Take(_context)];
                ReadTokens(_known, null, cancel);
                Cluster(cancel);
            }
            ReadTokens([.. prompt.Skip(_context)], logits, cancel);
        }

        internal override bool Rewind(IReadOnlyList<int> prompt, int newTokens)
        {
            if (!BeginsWith(prompt, _known, _method.Whole("question")) || prompt.Count + newTokens > _capacity)
            {
                return false;
            }
            Length = _context;
            return true;
        }

        public override void Dispose()
        {
            _cache.Dispose();
            _memory.Dispose();
        }

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            int firstQuery = first + keys.Count - queries.Count;
            Rows rotated = Rotated(layer, queries, firstQuery, w);
            (Rows seenKeys, Rows seenValues) = _cache.Layer(layer, [(first, keys.Count)]).Append(Rotated(layer, keys, first, w), values);
            if (_clustered > 0 && first >= _context)
            {
                AttendToClusters(layer, firstQuery, rotated, seenKeys, seenValues, output);
                return;
            }
            for (int row = Math.Max(0, _clustered - firstQuery); _clustered > 0 && row < rotated.Count; row++)
            {
                rotated[row].CopyTo(_observed[layer][firstQuery + row - _clustered]);
            }
            AttendCausally(layer, first, keys.Count, rotated, seenKeys, seenValues, output, w);
        }

        void AttendToClusters(int layer, int firstQuery, Rows queries, Rows keys, Rows values, Rows output)
        {
            int end = firstQuery + queries.Count;
            int[] read = new int[Shape.KeyValueHeads];
            Workers.For(Shape.KeyValueHeads, keyHead =>
            {
                int[] chosen = _clusters[layer][keyHead].Choose(queries, keyHead, Shape, _coarse, _fine);
                int[] rows = [.. chosen, .. Enumerable.Range(_clustered, end - _clustered)];
                float[] scores = new float[rows.Length];
                read[keyHead] = rows.Length;
                for (int row = 0; row < queries.Count; row++)
                {
                    int count = rows.Length - (queries.Count - 1 - row);
                    Span<float> own = scores.AsSpan(0, count);
                    for (int head = keyHead * Shape.Group; head < (keyHead + 1) * Shape.Group; head++)
                    {
                        int at = head * Shape.HeadDim;
                        SparseAttention.Scores(queries[row].Slice(at, Shape.HeadDim), keys, keyHead, rows.AsSpan(0, count), Shape, own);
                        SparseAttention.Softmax(own);
                        SparseAttention.Sum(own, values, keyHead, rows.AsSpan(0, count), output[row].Slice(at, Shape.HeadDim));
                    }
                }
            });
            long centroids = _clusters[layer].Sum(c => (long)c.Count);
            Cost.KeyValueBytes += sizeof(float) * (long)Shape.HeadDim * (2L * read.Sum() + centroids);
        }

        /// <summary>Clusters the keys of all layers and computes the thresholds.</summary>
        void Cluster(CancellationToken cancel)
        {
            List<(double Score, int Keys)> fine = [], coarse = [];
            for (int layer = 0; layer < Model.Blocks.Count; layer++)
            {
                cancel.ThrowIfCancellationRequested();
                Rows keys = _cache.Layer(layer, []).Keys;
                KeyClusters[] heads = new KeyClusters[Shape.KeyValueHeads];
                int at = layer;
                Workers.For(heads.Length, keyHead => heads[keyHead] = KeyClusters.Of(
                    keys.Slice(0, _clustered), keyHead, Shape.HeadDim,
                    CountOf("clusters"), _method["coarse"] > 0 ? CountOf("coarse") : 0, _method.Whole("iterations"),
                    (_method.Whole("seed"), at * Shape.KeyValueHeads + keyHead)));
                _clusters[layer] = heads;
                for (int keyHead = 0; keyHead < heads.Length; keyHead++)
                {
                    (IEnumerable<(double, int)> level1, IEnumerable<(double, int)> level2) =
                        heads[keyHead].Scores(_observed[layer], keyHead, Shape);
                    coarse.AddRange(level1);
                    fine.AddRange(level2);
                }
            }
            if (_method["squeeze"] > 0)
            {
                (_fine, _coarse) = (Quantile(fine, _method["squeeze"]), coarse.Count > 0 ? Quantile(coarse, _method["squeeze"]) : -1);
            }

            int CountOf(string option) => Math.Clamp((int)Math.Round(_method[option] * _clustered), 1, _clustered);
        }

        /// <summary>Returns the score at or below which a share of the keys is.</summary>
        static double Quantile(List<(double Score, int Keys)> scores, double share)
        {
            double left = share * scores.Sum(s => (long)s.Keys);
            foreach ((double score, int keys) in scores.OrderBy(s => s.Score))
            {
                left -= keys;
                if (left <= 0)
                {
                    return score;
                }
            }
            return scores.Max(s => s.Score);
        }
    }
}
