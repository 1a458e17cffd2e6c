using Farsight.Engine.Models;

namespace Farsight.Engine.Inference;

/// <summary>Represents a prompt and a continuation to be scored.</summary>
/// <param name="Prompt">Token ids, at least one.</param>
/// <param name="Continuation">Token ids, at least one.</param>
public sealed record ScoringRequest(IReadOnlyList<int> Prompt, IReadOnlyList<int> Continuation)
{
    /// <summary>[at least prompt] positions of the prompt's tokens and of those after it, strictly increasing; tokens after the last one
    /// continue in steps of 1. Null for 0, 1, 2, ….</summary>
    public IReadOnlyList<int>? Positions { get; init; }
}

/// <summary>Represents the score of a continuation.</summary>
/// <param name="LogProbs">[tokens] log-probability of each token of the continuation, in nats.</param>
/// <param name="IsGreedy">Whether every token is the most likely one at its place.</param>
public sealed record ContinuationScore(IReadOnlyList<float> LogProbs, bool IsGreedy);

/// <summary>Scores continuations of prompts. Shared beginnings are computed once, and logits only where a token is scored.</summary>
/// <remarks>
/// Prompts and continuations form a tree that is processed branch by branch: a cache keeps keys and values of the path to a branch, and
/// a pass takes as many branches as fit. The last token of a continuation is predicted but never computed, so choices of one token cost
/// no row. The same list of requests gives the same bits with any number of threads; another list may change the last bits.
/// </remarks>
/// <param name="model">The model; not safe for concurrent use.</param>
public sealed class ContinuationScorer(DecoderModel model)
{
    // Cache size beyond the longest request: finished branches keep their rows while the path above them is needed.
    const int RoomInPasses = 4;

    /// <summary>Scores all requests.</summary>
    /// <returns>[requests] scores in the order of the requests.</returns>
    /// <exception cref="ArgumentException">A prompt or a continuation is empty, or positions do not fit the prompt.</exception>
    /// <exception cref="OperationCanceledException">Cancelled between two passes.</exception>
    public IReadOnlyList<ContinuationScore> Score(IReadOnlyList<ScoringRequest> requests, CancellationToken cancel = default)
    {
        if (requests.Any(r => r.Prompt.Count == 0 || r.Continuation.Count == 0))
        {
            throw new ArgumentException("A prompt or a continuation is empty; each needs at least one token.", nameof(requests));
        }
        if (requests.Count == 0)
        {
            return [];
        }
        PlacedTokens[] sequences = [.. requests.Select(Fed)];
        PrefixTree tree = PrefixTree.Of(sequences, own: 0, DecodingBatch.CanShare(model));
        TargetTokens targets = new(tree, requests);
        using PrefixCache cache = new(
            model,
            tree,
            sequences,
            [.. tree.Nodes.Select(n => n.Count)],
            (long)sequences.Max(s => s.Count) + RoomInPasses * CacheRun.RowsPerPass);
        for (int node = 0; node < tree.Nodes.Count;)
        {
            node = Pass(cache, tree, targets, node, cancel);
        }
        return [.. requests.Select((r, i) => targets.Read(i, r))];
    }

    /// <summary>Computes nodes from an index on until a pass is full, and returns the index of the next node.</summary>
    static int Pass(PrefixCache cache, PrefixTree tree, TargetTokens targets, int node, CancellationToken cancel)
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
            pieces[^1] = pieces[^1] with { Targets = targets.Of(node) };
        }
        cache.Batch.Score(pieces, (sequence, token, logProb, isTop) => targets.Take(nodeOf[sequence], token, logProb, isTop), cancel);
        return node;
    }

    /// <summary>Returns the tokens that are computed: all but the last.</summary>
    static PlacedTokens Fed(ScoringRequest request) => new(
        request.Continuation.Count == 1 ? request.Prompt : [.. request.Prompt, .. request.Continuation.SkipLast(1)],
        request.Prompt.Count,
        request.Positions);
}
