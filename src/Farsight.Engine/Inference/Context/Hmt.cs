using Farsight.Engine.Memory;
using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Reads a prompt segment by segment with the memory that was trained for the model.</summary>
/// <remarks>
/// Segments before the last are read as in training and leave one memory vector each. The last one follows the vector that is recalled for
/// it, and the answer continues it, so attention never sees more than a segment and the answer. Source: HMT, arXiv:2405.06067;
/// <see cref="SegmentMemory"/> has the definition. The authors cut the answer into segments as well.
/// </remarks>
sealed class Hmt(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "hmt", "HMT", "arXiv:2405.06067",
        [new("slots", "Memory vectors that are searched, the latest; 0 for as many as in training", 0, 0, MethodOption.MaxTokens)]);

    /// <inheritdoc/>
    public override int? WindowOf(ModelConfig config) => null;

    private protected override bool NeedsMemory => true;

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) => LengthProblem(config);

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new Reader(model, model.SegmentMemory!, Whole("slots") is > 0 and var slots ? slots : null, newTokens);

    sealed class Reader : LayerwiseReader
    {
        readonly SegmentMemory _memory;
        readonly int? _slots;
        readonly KvCache _cache; // rows of the last segment: the recalled vector, carried tokens, its tokens, the answer
        float[] _recalled = [];

        internal Reader(DecoderModel model, SegmentMemory memory, int? slots, int newTokens)
            : base(model)
        {
            int rows = 1 + memory.Options.Carry + memory.Options.Segment + newTokens;
            (_memory, _slots, _cache) = (memory, slots, new(model.Config, rows));
            Cost.Hold(rows * RowBytes * model.Blocks.Count);
        }

        internal override void Read(IReadOnlyList<int> prompt, LogitsReader logits, CancellationToken cancel)
        {
            SegmentMemoryOptions options = _memory.Options;
            SegmentPlan plan = SegmentPlan.Of(prompt, options);
            _recalled = new SegmentChain(Model, _memory, plan, _slots).BeforeLast(cancel);
            foreach (SegmentPlan.Segment segment in plan.Segments.SkipLast(1))
            {
                Cost.KeyValueBytes += RowBytes * Model.Blocks.Count * (segment.Tree.Count + (segment.Summary?.Count ?? 0));
                Cost.LayerTokens += (long)Model.Blocks.Count * (segment.Tree.Count + (segment.Summary?.Count ?? 0));
            }
            ReadTokens(plan.Segments[^1].Tree.Tokens, logits, cancel);
        }

        public override void Dispose() => _cache.Dispose();

        private protected override void Embed(int[] tokens, Rows x)
        {
            base.Embed(tokens, x);
            if (Length == 0)
            {
                _recalled.CopyTo(x[0]);
            }
        }

        private protected override void Attend(int layer, int first, Rows queries, Rows keys, Rows values, Rows output, Workspace w)
        {
            (Rows seenKeys, Rows seenValues) =
                _cache.Layer(layer, [(first, keys.Count)]).Append(Rotated(layer, keys, first, w), values);
            Rows rotated = Rotated(layer, queries, first + keys.Count - queries.Count, w);
            AttendCausally(layer, first, keys.Count, rotated, seenKeys, seenValues, output, w);
        }
    }
}
