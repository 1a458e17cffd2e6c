using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>How likely a given continuation is.</summary>
/// <param name="Prompt">Token ids, at least one; positions are 0, 1, 2, ….</param>
/// <param name="Continuation">Token ids, at least one.</param>
public sealed record ScoringRequest(IReadOnlyList<int> Prompt, IReadOnlyList<int> Continuation);

/// <summary>What a model thinks of a continuation.</summary>
/// <param name="LogProbs">[tokens] of each of its tokens after those before it; nats.</param>
/// <param name="IsGreedy">Whether none of them has a likelier one in its place.</param>
public sealed record ContinuationScore(IReadOnlyList<float> LogProbs, bool IsGreedy);

/// <summary>Scores continuations of prompts; what they have in common is computed once, logits only where a token is scored.</summary>
/// <remarks>
/// Prompts with their continuations form a tree, walked branch by branch: keys and values of the way to a branch stay in a cache, and
/// a pass takes as many branches as fill it. A continuation's last token is predicted and never computed, so choices of one token cost
/// no row. The same list of requests gives the same bits with any number of threads; other companions may change the last ones.
/// </remarks>
/// <param name="model">The model; it must not be used by others meanwhile.</param>
public sealed class ContinuationScorer(LlamaModel model)
{
    // Of the cache, beyond the longest request: finished branches keep theirs while what lies above them is needed.
    const int RoomInPasses = 4;

    /// <summary>Scores all.</summary>
    /// <returns>[requests] in their order.</returns>
    /// <exception cref="ArgumentException">A prompt or a continuation is empty.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two passes.</exception>
    public IReadOnlyList<ContinuationScore> Score(IReadOnlyList<ScoringRequest> requests, CancellationToken cancel = default)
    {
        if (requests.Any(r => r.Prompt.Count == 0 || r.Continuation.Count == 0))
        {
            throw new ArgumentException("A prompt or a continuation is empty.", nameof(requests));
        }
        if (requests.Count == 0)
        {
            return [];
        }
        IReadOnlyList<int>[] sequences = [.. requests.Select(Fed)];
        PrefixTree tree = PrefixTree.Of(sequences, own: 0, DecodingBatch.CanShare(model));
        WantedTokens wanted = new(tree, requests);
        using PrefixCache cache = new(
            model,
            tree,
            sequences,
            [.. tree.Nodes.Select(n => n.Count)],
            (long)sequences.Max(s => s.Count) + RoomInPasses * CacheRun.RowsPerPass);
        for (int node = 0; node < tree.Nodes.Count;)
        {
            node = Pass(cache, tree, wanted, node, cancel);
        }
        return [.. requests.Select((r, i) => wanted.Read(i, r))];
    }

    /// <summary>Computes nodes from one on, until a pass is full; returns the first that is left.</summary>
    static int Pass(PrefixCache cache, PrefixTree tree, WantedTokens wanted, int node, CancellationToken cancel)
    {
        List<SequencePiece> pieces = [];
        Dictionary<int, int> nodeOf = [];
        cache.KeepWayTo(node);
        for (int rows = 0; node < tree.Nodes.Count && (rows == 0 || rows + tree.Nodes[node].Count <= CacheRun.RowsPerPass); node++)
        {
            int known = pieces.Count;
            if (!cache.TryOpen(node, pieces))
            {
                if (rows > 0)
                {
                    break;
                }
                cache.Clear();
                cache.TryOpen(node, pieces);
            }
            rows += pieces.Skip(known).Sum(p => p.Tokens.Count);
            nodeOf[pieces[^1].Sequence] = node;
            pieces[^1] = pieces[^1] with { Wanted = wanted.Of(node) };
        }
        cache.Batch.Score(pieces, (sequence, token, logProb, isTop) => wanted.Take(nodeOf[sequence], token, logProb, isTop), cancel);
        return node;
    }

    /// <summary>What of a request is computed: all but the last token.</summary>
    static IReadOnlyList<int> Fed(ScoringRequest request) =>
        request.Continuation.Count == 1 ? request.Prompt : [.. request.Prompt, .. request.Continuation.SkipLast(1)];
}
