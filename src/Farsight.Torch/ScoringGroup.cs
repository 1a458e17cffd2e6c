using Farsight.Alignment.Training;
using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Torch;

/// <summary>Represents continuations of some prompts as a tree: shared beginnings once, each continuation under its prompt.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="FirstNode">Node of the first continuation; the others follow.</param>
/// <param name="Requests">[continuations] indices of the requests.</param>
sealed record ScoringGroup(TokenTree Tree, int FirstNode, IReadOnlyList<int> Requests)
{
    /// <summary>Groups successive requests.</summary>
    /// <param name="model">The model.</param>
    /// <param name="requests">The requests.</param>
    /// <exception cref="ArgumentException">A prompt or a continuation is empty, or positions do not fit the prompt.</exception>
    internal static IEnumerable<ScoringGroup> Of(DecoderModel model, IReadOnlyList<ScoringRequest> requests) =>
        PromptForest.Groups(PromptsOf(requests), p => p.Tokens).Select(prompts => Of(model, requests, prompts));

    /// <summary>Reads the scores of the group from a pass over its tree.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="scores">[requests] overwritten at the indices of the group.</param>
    internal void Read(ITreePass pass, ContinuationScore[] scores)
    {
        for (int i = 0; i < Requests.Count; i++)
        {
            TokenNode node = Tree.Nodes[FirstNode + i];
            bool isGreedy = true;
            for (int s = node.FirstScored; s < node.FirstScored + node.ScoredCount; s++)
            {
                isGreedy &= pass.TopTokens[s] == Tree.Scored[s].Target;
            }
            scores[Requests[i]] = new(pass.LogProbs.Slice(node.FirstScored, node.ScoredCount).ToArray(), isGreedy);
        }
    }

    static ScoringGroup Of(DecoderModel model, IReadOnlyList<ScoringRequest> requests, List<ScoredPrompt> prompts)
    {
        PromptForest forest = new(model, [.. prompts.Select(p => p.Tokens)]);
        for (int p = 0; p < prompts.Count; p++)
        {
            foreach (int request in prompts[p].Requests)
            {
                int[] continuation = [.. requests[request].Continuation];
                int[] positions = [.. continuation.Select((_, i) => prompts[p].Tokens.PositionOf(prompts[p].Tokens.Count + i))];
                forest.Tree.Add(forest.EndOf(p), continuation, positions, scored: true);
            }
        }
        return new(forest.Tree.Build(), forest.NodeCount, [.. prompts.SelectMany(p => p.Requests)]);
    }

    /// <summary>Returns the prompts of the requests; successive requests with the same prompt share one.</summary>
    static List<ScoredPrompt> PromptsOf(IReadOnlyList<ScoringRequest> requests)
    {
        List<ScoredPrompt> prompts = [];
        for (int i = 0; i < requests.Count; i++)
        {
            if (i == 0 || !IsSamePrompt(requests[i - 1], requests[i]))
            {
                prompts.Add(new(new(requests[i].Prompt, requests[i].Prompt.Count, requests[i].Positions), []));
            }
            prompts[^1].Requests.Add(i);
        }
        return prompts;
    }

    static bool IsSamePrompt(ScoringRequest a, ScoringRequest b) =>
        (ReferenceEquals(a.Prompt, b.Prompt) || a.Prompt.SequenceEqual(b.Prompt))
        && (ReferenceEquals(a.Positions, b.Positions)
            || (a.Positions is not null && b.Positions is not null && a.Positions.SequenceEqual(b.Positions)));

    /// <summary>Represents a prompt with the indices of its requests.</summary>
    sealed record ScoredPrompt(PlacedTokens Tokens, List<int> Requests);
}
