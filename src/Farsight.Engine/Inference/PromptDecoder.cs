using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>Chooses a prompt's next token.</summary>
/// <param name="prompt">Its number.</param>
/// <param name="logits">[V]; valid during the call only.</param>
/// <returns>The token, or null where the completion has ended.</returns>
public delegate int? TokenChoice(int prompt, ReadOnlySpan<float> logits);

/// <summary>
/// Decodes prompts side by side: finds what they have in common, computes it once, and takes as many at a time as a cache holds.
/// </summary>
/// <remarks>How prompts are put together depends on them, their budgets and the cache's; <see cref="Generator"/> says what that means for
/// the bits.</remarks>
/// <param name="model">The model; it must not be used by others meanwhile.</param>
/// <param name="cacheBytes">What keys and values may take; more only where a single prompt needs it.</param>
public sealed class PromptDecoder(LlamaModel model, long cacheBytes = PromptDecoder.DefaultCacheBytes)
{
    /// <summary>1 GiB.</summary>
    public const long DefaultCacheBytes = 1L << 30;

    // More sequences fill no register better, and each has a row of logits.
    const int MostSideBySide = 256;

    /// <summary>Is told where the heads look when a token is chosen: layer by layer, before the choice; null for nobody.</summary>
    /// <remarks>The number it gets is the prompt's.</remarks>
    public AttentionAction? Observer { get; init; }

    /// <summary>Decodes all prompts, those that share a beginning after one another.</summary>
    /// <param name="prompts">Token ids, at least one each.</param>
    /// <param name="maxNewTokens">[prompts] tokens that each gets at most; none where it is 0.</param>
    /// <param name="choose">Chooses each token.</param>
    /// <param name="cancel">Checked between two passes.</param>
    /// <exception cref="ArgumentException">A prompt is empty.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run(
        IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyList<int> maxNewTokens,
        TokenChoice choose,
        CancellationToken cancel = default)
    {
        int[] asked = [.. Enumerable.Range(0, prompts.Count).Where(i => maxNewTokens[i] > 0)];
        if (asked.Any(i => prompts[i].Count == 0))
        {
            throw new ArgumentException("A prompt is empty.", nameof(prompts));
        }
        if (asked.Length == 0)
        {
            return;
        }
        IReadOnlyList<int>[] sequences = [.. asked.Select(i => prompts[i])];
        PrefixTree tree = PrefixTree.Of(sequences, own: 1, DecodingBatch.CanShare(model));
        int[] room = [.. tree.Nodes.Select(n => n.Count)];
        for (int s = 0; s < asked.Length; s++)
        {
            room[tree.Ends[s]] += maxNewTokens[asked[s]] - 1; // the last one is not fed
        }
        using PrefixCache cache = new(model, tree, sequences, room, cacheBytes / DecodingBatch.BytesPerToken(model.Config));
        Queue<(int Prompt, int Node)> waiting = new(asked.Select((p, s) => (p, tree.Ends[s])).OrderBy(w => w.Item2));
        while (waiting.Count > 0)
        {
            SideBySide(cache, waiting, maxNewTokens, choose, cancel);
        }
    }

    /// <summary>Decodes as many of the waiting prompts as fit.</summary>
    void SideBySide(
        PrefixCache cache,
        Queue<(int Prompt, int Node)> waiting,
        IReadOnlyList<int> maxNewTokens,
        TokenChoice choose,
        CancellationToken cancel)
    {
        List<SequencePiece> pieces = [];
        Dictionary<int, int> promptOf = [], left = [];
        cache.KeepWayTo(waiting.Peek().Node);
        for (bool isFirst = true; waiting.Count > 0 && promptOf.Count < MostSideBySide; isFirst = false)
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
