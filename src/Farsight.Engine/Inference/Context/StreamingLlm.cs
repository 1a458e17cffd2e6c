using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Keeps the first tokens and a recent window, at their positions inside the cache.</summary>
/// <remarks>
/// The cache has C tokens, s of them sinks. Query i ≥ C sees tokens 0 … s − 1 and the last C − s, at the positions 0 … C − 1, and stands
/// at the last one. Text between is not seen. Source: StreamingLLM, arXiv:2309.17453. The authors rotate keys again at every step; here
/// keys keep their rotation and the query is rotated twice, which gives the same distances. They read a prompt whole and evict afterwards;
/// here every token of the prompt sees the cache that it would see if tokens came one by one.
/// </remarks>
sealed class StreamingLlm(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "streaming-llm", "StreamingLLM", "arXiv:2309.17453",
        [
            new("sinks", "Number of first tokens that stay", 4, 0, MethodOption.MaxTokens),
            new("cache", "Tokens of the cache with the sinks; 0 for 512, or the window if that is smaller", 0, 0, MethodOption.MaxTokens),
        ]);

    const int UsualCache = 512;

    /// <inheritdoc/>
    public override int? WindowOf(ModelConfig config) => null;

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        CacheOf(config) > config.MaxPositionEmbeddings || CacheOf(config) <= Whole("sinks")
            ? $"cache is {CacheOf(config)} tokens and must be above {Whole("sinks")}, the sinks, and at most the window of "
                + $"{config.MaxPositionEmbeddings}."
            : PositionProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(model, Whole("sinks"), CacheOf(model.Config));

    int CacheOf(ModelConfig config) => Whole("cache") is > 0 and var own ? own : Math.Min(UsualCache, config.MaxPositionEmbeddings);

    sealed class Reader : LayerwiseReader
    {
        readonly SlidingCache _cache;

        internal Reader(DecoderModel model, int sinks, int size)
            : base(model)
        {
            _cache = new(model.Config, Shape, sinks, size - sinks, RowsPerPass);
            Cost.Hold(_cache.Bytes);
        }

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel) =>
            ReadTokens(prompt, logits, cancel);

        public override void Dispose() => _cache.Dispose();

        private protected override void BeginPass(int count) => _cache.MakeRoom(Length, count);

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            int firstQuery = first + keys.Count - queries.Count;
            int[] last = [.. Enumerable.Repeat(_cache.Visible - 1, queries.Count)];
            _cache.Attend(
                layer, first, Rotated(layer, queries, firstQuery, w), Rotated(layer, keys, first, w), values,
                Rotated(layer, queries, last, w), null, output, w);
            Cost.KeyValueBytes += RowBytes * Math.Min(first + keys.Count, _cache.Visible + keys.Count - 1);
        }
    }
}
