using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>Chooses the next token of a prompt.</summary>
/// <param name="prompt">Index of the prompt.</param>
/// <param name="logits">[V]; valid during the call only.</param>
/// <returns>The token, or null to end the completion.</returns>
public delegate int? TokenChoice(int prompt, ReadOnlySpan<float> logits);

/// <summary>
/// Decodes prompts in batches: computes shared beginnings once, and decodes as many prompts at a time as the cache can hold.
/// </summary>
/// <remarks>
/// The same list of prompts gives the same bits with any number of threads. The other prompts of a list determine the number of rows of a
/// product and therefore the order of its sums. They can change the last bits, and a greedy token where two are equally likely within
/// those bits. To resume with the same results, form the same lists again. The batches depend on the prompts, their budgets, the size of
/// the model and the size of the cache. Long prompts of a small model are decoded one after the other: decoding is limited by reading
/// keys, and those of one prompt stay in a processor cache, while those of several do not.
/// </remarks>
/// <param name="model">The model; not safe for concurrent use.</param>
/// <param name="cacheBytes">Maximum bytes of the key-value cache; exceeded only if a single prompt needs more.</param>
public sealed class PromptDecoder(DecoderModel model, long cacheBytes = PromptDecoder.DefaultCacheBytes)
{
    /// <summary>Default cache size: 1 GiB.</summary>
    public const long DefaultCacheBytes = 1L << 30;

    // More sequences do not fill registers better, and each needs a row of logits.
    const int MaxBatchSize = 256;

    // The usual size of a last-level cache. Not asked of the processor, so that the batches are the same on every machine.
    const long FastBytes = 32L << 20;

    // Weights are usually stored in 16 bits.
    const int BytesPerWeight = 2;

    /// <summary>Receives the attention peaks before each token is chosen, layer by layer; null for none.</summary>
    /// <remarks>Its number is the index of the prompt.</remarks>
    public AttentionAction? Observer { get; init; }

    /// <summary>Decodes all prompts; those that share a beginning follow each other.</summary>
    /// <param name="prompts">Token ids, at least one per prompt.</param>
    /// <param name="maxNewTokens">[prompts] maximum number of new tokens; 0 skips a prompt.</param>
    /// <param name="choose">Chooses each token.</param>
    /// <param name="positions">[prompts][tokens] positions, strictly increasing, after which new tokens continue in steps of 1; null for
    /// 0, 1, 2, ….</param>
    /// <param name="cancel">Checked between two passes.</param>
    /// <exception cref="ArgumentException">A prompt is empty, or its positions do not fit it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run(
        IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyList<int> maxNewTokens,
        TokenChoice choose,
        IReadOnlyList<IReadOnlyList<int>?>? positions = null,
        CancellationToken cancel = default)
    {
        int[] asked = [.. Enumerable.Range(0, prompts.Count).Where(i => maxNewTokens[i] > 0)];
        if (asked.Any(i => prompts[i].Count == 0))
        {
            throw new ArgumentException("A prompt is empty; each needs at least one token.", nameof(prompts));
        }
        if (asked.Length == 0)
        {
            return;
        }
        PlacedTokens[] sequences = [.. asked.Select(i => new PlacedTokens(prompts[i], prompts[i].Count, positions?[i]))];
        PrefixTree tree = PrefixTree.Of(sequences, own: 1, DecodingBatch.CanShare(model));
        int[] room = [.. tree.Nodes.Select(n => n.Count)];
        for (int s = 0; s < asked.Length; s++)
        {
            room[tree.Ends[s]] += maxNewTokens[asked[s]] - 1; // the last one is not fed
        }
        using PrefixCache cache = new(model, tree, sequences, room, RowsFor(tree, room));
        Queue<(int Prompt, int Node)> waiting = new(asked.Select((p, s) => (p, tree.Ends[s])).OrderBy(w => w.Item2));
        while (waiting.Count > 0)
        {
            DecodeBatch(cache, waiting, maxNewTokens, choose, cancel);
        }
    }

    /// <summary>Returns the cache rows of a batch: 0, which a single prompt exceeds, where prompts are faster alone.</summary>
    /// <remarks>
    /// Together, n prompts read the weights once and n times keys from memory; alone, both n times from a processor cache, where they fit.
    /// With half of the weights' bytes in keys, alone is as fast.
    /// </remarks>
    long RowsFor(PrefixTree tree, int[] room)
    {
        long perToken = DecodingBatch.BytesPerToken(model.Config);
        double keys = perToken * tree.Ends.Average(n => (double)room[n]);
        double weights = BytesPerWeight * ParameterShapes.Of(model.Config).Sum(p => p.Shape.Aggregate(1.0, (size, n) => size * n));
        return keys > weights / 2 && weights + keys <= FastBytes ? 0 : cacheBytes / perToken;
    }

    /// <summary>Decodes as many waiting prompts as fit in the cache.</summary>
    void DecodeBatch(
        PrefixCache cache,
        Queue<(int Prompt, int Node)> waiting,
        IReadOnlyList<int> maxNewTokens,
        TokenChoice choose,
        CancellationToken cancel)
    {
        List<SequencePiece> pieces = [];
        Dictionary<int, int> promptOf = [], left = [];
        cache.KeepWayTo(waiting.Peek().Node);
        for (bool isFirst = true; waiting.Count > 0 && promptOf.Count < MaxBatchSize; isFirst = false)
        {
            (int prompt, int node) = waiting.Peek();
            if (isFirst && !cache.TryOpen(node, pieces))
            {
                cache.Clear();
                cache.TryOpen(node, pieces);
            }
            else if (!isFirst && !cache.TryOpen(node, pieces))
            {
                break;
            }
            promptOf[pieces[^1].Sequence] = waiting.Dequeue().Prompt;
            left[prompt] = maxNewTokens[prompt];
        }
        cache.Batch.Observer = Observer is null ? null : (sequence, layer, peaks) => Observer(promptOf[sequence], layer, peaks);
        while (pieces.Count > 0)
        {
            List<SequencePiece> next = [];
            cache.Batch.Extend(pieces, (sequence, logits) =>
            {
                int prompt = promptOf[sequence];
                if (choose(prompt, logits) is { } token && --left[prompt] > 0)
                {
                    next.Add(new(sequence, [token]));
                }
            }, cancel);
            pieces = next;
        }
    }
}
