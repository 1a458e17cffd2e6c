using Farsight.Engine.Models;

namespace Farsight.Engine.Inference.Context;

/// <summary>Reads the segments of the context about which the model's prediction after the question is the most certain.</summary>
/// <remarks>
/// The prompt is its first tokens, segments of equal length, and the question, its last tokens. Each segment is read with first tokens and
/// question alone; the entropy of the prediction after it is its score. The segments of lowest entropy are spliced in their order
/// between first tokens and question, and the model answers. Source: XL3M, arXiv:2405.17755. The paper's text was not available: length and
/// overlap of segments, the tokens of the question, where the entropy is taken and how many segments stay are options with defaults of
/// ours. A short last segment is read as it is. A prompt that fits the window is read whole.
/// </remarks>
sealed class Xl3m(MethodValues values) : ReadingMethod(values)
{
    internal static readonly MethodCard Card = new(
        "xl3m", "XL3M", "arXiv:2405.17755",
        [
            new("segment", "Tokens per segment; 0 for the room that the window leaves, which keeps one", 0, 0, MethodOption.MaxTokens),
            new("overlap", "Tokens that a segment shares with the one before", 0, 0, MethodOption.MaxTokens),
            new("question", "Number of last tokens that are the question", 64, 1, MethodOption.MaxTokens),
            new("first", "Number of first tokens before every segment", 4, 0, MethodOption.MaxTokens),
            new("keep", "Number of segments to keep; 0 for as many as fit the window", 0, 0, MethodOption.MaxTokens),
            new("average", "Number of last tokens over which the entropy is averaged", 1, 1, 1 << 12),
        ]);

    /// <inheritdoc/>
    public override int? WindowOf(ModelConfig config) => null;

    /// <inheritdoc/>
    internal override string? Problem(ModelConfig config) =>
        Whole("question") + Whole("first") + 2 > config.MaxPositionEmbeddings
            ? $"first and question leave no room for segments in the window of {config.MaxPositionEmbeddings} tokens."
        : Whole("average") > Whole("question") ? "average must be at most question."
        : Whole("segment") > 0 && Whole("overlap") >= Whole("segment") ? "overlap must be below segment."
        : null;

    /// <inheritdoc/>
    internal override ContextReader Open(DecoderModel model, int promptTokens, int newTokens) =>
        new ReducedReader(model, newTokens, (prompt, cost, cancel) => Splice(model, prompt, newTokens, cost, cancel));

    int[] Splice(DecoderModel model, IReadOnlyList<int> prompt, int newTokens, ReadingCost cost, CancellationToken cancel)
    {
        if (prompt.Count + newTokens <= model.Config.MaxPositionEmbeddings)
        {
            return [.. prompt];
        }
        int[] before = [.. prompt.Take(Whole("first"))], question = [.. prompt.TakeLast(Whole("question"))];
        int room = model.Config.MaxPositionEmbeddings - before.Length - question.Length - newTokens;
        int length = Whole("segment") is > 0 and var own ? own : room, end = prompt.Count - question.Length;
        if (length < 1 || length > room || length <= Whole("overlap"))
        {
            throw new InputException(
                $"Context method {Text}: the window leaves {Math.Max(0, room)} tokens for segments of {length} beside first tokens, "
                    + $"question and {newTokens} new tokens; lower segment, question or the maximum of new tokens.");
        }
        List<(int Start, int Count, double Entropy)> segments = [];
        for (int start = before.Length; start < end; start += length - Whole("overlap"))
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(length, end - start);
            segments.Add((start, count, Entropy(model, [.. before, .. Part(prompt, start, count), .. question], cost, cancel)));
            if (start + count == end)
            {
                break;
            }
        }
        SortedSet<int> kept = []; // token indices; overlapping segments share some
        int number = 0;
        foreach ((int start, int count, _) in segments.OrderBy(s => s.Entropy))
        {
            int[] added = [.. Enumerable.Range(start, count).Where(i => !kept.Contains(i))];
            if (kept.Count + added.Length > room || (Whole("keep") > 0 && number == Whole("keep")))
            {
                break;
            }
            kept.UnionWith(added);
            number++;
        }
        return [.. before, .. kept.Select(i => prompt[i]), .. question];
    }

    static IEnumerable<int> Part(IReadOnlyList<int> tokens, int start, int count) => Enumerable.Range(start, count).Select(i => tokens[i]);

    /// <summary>Computes the mean entropy, in nats, of the predictions after the last tokens.</summary>
    double Entropy(DecoderModel model, int[] tokens, ReadingCost cost, CancellationToken cancel)
    {
        using DecodingBatch batch = new(model, [tokens.Length]);
        cost.Hold(DecodingBatch.BytesPerToken(model.Config) * tokens.Length);
        cost.LayerTokens += (long)tokens.Length * model.Config.NumHiddenLayers;
        double sum = 0;
        int average = Whole("average"), first = tokens.Length - average + 1;
        Extend(tokens[..first]);
        foreach (int token in tokens[first..])
        {
            Extend([token]);
        }
        return sum / average;

        void Extend(int[] part)
        {
            batch.Extend([new(0, part)], (_, logits) => sum += EntropyOf(logits), cancel);
            cost.KeyValueBytes += DecodingBatch.BytesPerToken(model.Config) * batch.LengthOf(0);
        }
    }

    /// <summary>Computes −Σ p · log p of the softmax of logits.</summary>
    internal static double EntropyOf(ReadOnlySpan<float> logits)
    {
        double total = ContextDecoder.LogSumExp(logits), entropy = 0;
        foreach (float logit in logits)
        {
            entropy += Math.Exp(logit - total) * (total - logit);
        }
        return entropy;
    }
}
