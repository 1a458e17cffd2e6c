using System.Numerics.Tensors;
using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Lets the first layers choose tokens of the prompt; the whole model reads only those.</summary>
/// <remarks>
/// Layers 0 … r read the whole prompt. Token i has the score s_i = Σ_h q_h · k_h,i with the rotated query of the last token and the rotated
/// keys of layer r, without softmax and scale. Scores are smoothed by a centered mean over an odd width, with zeros outside. The k
/// greatest, in their order, are a new prompt at the positions 0, 1, 2, …. Source: GemFilter, arXiv:2409.17422. Layer r computes only
/// keys and one query; the authors compute it whole. The authors force no token into the selection, which is the default here.
/// </remarks>
sealed class GemFilter(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "gemfilter", "GemFilter", "arXiv:2409.17422",
        [
            new("keep", "Number of prompt tokens to keep", 1024, 1, MethodOption.MaxTokens),
            new("layer", "Layer that chooses, from 0; -1 for layer 13/32 of the model's, rounded down", -1, -1, 1 << 16),
            new("first", "Number of first tokens that are always kept", 0, 0, MethodOption.MaxTokens),
            new("last", "Number of last tokens that are always kept", 0, 0, MethodOption.MaxTokens),
            new("smooth", "Width of the mean over neighboring scores, odd", 5, 1, 1025),
        ]);

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        LayerOf(config) >= config.NumHiddenLayers
            ? $"it has {config.NumHiddenLayers} layers, so layer is at most {config.NumHiddenLayers - 1}."
        : config.WindowOf(LayerOf(config)) is not null
            ? $"layer {LayerOf(config)} has a sliding window, so its scores do not span the prompt. Choose another layer."
        : Whole("smooth") % 2 == 0 ? "smooth must be odd."
        : Whole("first") + Whole("last") > Whole("keep") ? "first and last together must be at most keep."
        : LengthProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new ReducedReader(model, newTokens, (prompt, cost, cancel) => Choose(model, prompt, cost, cancel));

    int LayerOf(ModelConfig config) => Whole("layer") is >= 0 and var own ? own : 13 * config.NumHiddenLayers / 32;

    int[] Choose(DecoderModel model, IReadOnlyList<int> prompt, ReadingCost cost, CancellationToken cancel)
    {
        if (Whole("keep") >= prompt.Count)
        {
            return [.. prompt];
        }
        using Filter filter = new(model, prompt.Count, LayerOf(model.Config));
        filter.Read(prompt, _ => { }, cancel);
        cost.KeyValueBytes += filter.Cost.KeyValueBytes;
        cost.LayerTokens += filter.Cost.LayerTokens;
        cost.Hold(filter.Cost.HeldBytes);
        return [.. Select(filter.Scores, Whole("keep"), Whole("smooth"), Whole("first"), Whole("last")).Select(i => prompt[i])];
    }

    /// <summary>Returns the indices of the chosen tokens, ascending.</summary>
    internal static IEnumerable<int> Select(float[] scores, int keep, int width, int first, int last)
    {
        float[] smooth = new float[scores.Length];
        for (int i = 0; i < smooth.Length; i++)
        {
            double sum = 0;
            for (int j = Math.Max(0, i - width / 2); j <= Math.Min(smooth.Length - 1, i + width / 2); j++)
            {
                sum += scores[j];
            }
            smooth[i] = i < first || i >= smooth.Length - last ? float.PositiveInfinity : (float)(sum / width);
        }
        return Enumerable.Range(0, smooth.Length).OrderByDescending(i => smooth[i]).Take(keep).Order();
    }

    /// <summary>Reads a prompt with the first layers and keeps the scores of the last of them.</summary>
    sealed class Filter : LayerwiseReader
    {
        readonly KvCache _cache;

        internal Filter(DecoderModel model, int capacity, int layer)
            : base(model)
        {
            Layers = layer + 1;
            _cache = new(model.Config with { NumHiddenLayers = Layers }, capacity);
            Scores = new float[capacity];
            Cost.Hold(RowBytes * capacity * Layers);
        }

        /// <summary>[prompt] scores of the tokens.</summary>
        internal float[] Scores { get; }

        private protected override int Layers { get; }

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel) =>
            ReadTokens(prompt, logits, cancel);

        public override void Dispose() => _cache.Dispose();

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            Rows rotated = Rotated(layer, queries, first + keys.Count - queries.Count, w);
            (Rows seenKeys, Rows seenValues) = _cache.Layer(layer, [(first, keys.Count)]).Append(Rotated(layer, keys, first, w), values);
            if (layer < Layers - 1)
            {
                AttendCausally(layer, first, keys.Count, rotated, seenKeys, seenValues, output, w);
                return;
            }
            output.Clear(); // only keys and the last query are needed
            if (first + keys.Count == Scores.Length)
            {
                Score(rotated[rotated.Count - 1], seenKeys);
            }
        }

        private protected override void Report(Rows last, LogitsReader logits, Workspace w)
        {
        }

        void Score(ReadOnlySpan<float> query, Rows keys)
        {
            float[] summed = new float[Shape.KeyWidth]; // queries of the heads that read the same keys
            for (int head = 0; head < Shape.Heads; head++)
            {
                Span<float> sum = summed.AsSpan(head / Shape.Group * Shape.HeadDim, Shape.HeadDim);
                TensorPrimitives.Add(sum, query.Slice(head * Shape.HeadDim, Shape.HeadDim), sum);
            }
            Workers.For(Scores.Length, i => Scores[i] = TensorPrimitives.Dot<float>(summed, keys[i]));
            Cost.KeyValueBytes += RowBytes / 2 * Scores.Length;
        }
    }
}

/// <summary>Reads a part of the prompt in ordinary decoding, as a prompt of its own.</summary>
/// <param name="model">The model.</param>
/// <param name="newTokens">Maximum tokens after the prompt.</param>
/// <param name="reduce">Returns the tokens to read, at least one.</param>
sealed class ReducedReader(
    DecoderModel model, int newTokens, Func<IReadOnlyList<int>, ReadingCost, CancellationToken, IReadOnlyList<int>> reduce)
    : ContextReader
{
    DecodingBatch? _batch;

    /// <inheritdoc/>
    internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel)
    {
        IReadOnlyList<int> tokens = reduce(prompt, Cost, cancel);
        _batch = new(model, [tokens.Count + newTokens]);
        Cost.Hold(DecodingBatch.BytesPerToken(model.Config) * (tokens.Count + newTokens));
        Extend(tokens, logits, cancel);
    }

    /// <inheritdoc/>
    internal override void Next(int token, LogitsReader logits) => Extend([token], logits, CancellationToken.None);

    /// <inheritdoc/>
    public override void Dispose() => _batch?.Dispose();

    void Extend(IReadOnlyList<int> tokens, LogitsReader logits, CancellationToken cancel)
    {
        _batch!.Extend([new(0, tokens)], (_, row) => logits(row), cancel);
        for (int left = 0; left < tokens.Count; left += CacheRun.RowsPerPass)
        {
            Cost.KeyValueBytes += DecodingBatch.BytesPerToken(model.Config) * (_batch.LengthOf(0) - left);
        }
        Cost.LayerTokens += (long)tokens.Count * model.Config.NumHiddenLayers;
    }
}
