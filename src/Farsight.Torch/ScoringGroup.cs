using Farsight.Alignment.Training;
using Farsight.Engine.Inference;
using Farsight.Engine.Models;

namespace Farsight.Torch;

/// <summary>Represents the continuations of one prompt, as a tree: the prompt once, each continuation under it.</summary>
/// <param name="Tree">The tree.</param>
/// <param name="Requests">[continuations] indices of the requests, in the order of the nodes after the prompt.</param>
sealed record ScoringGroup(TokenTree Tree, IReadOnlyList<int> Requests)
{
    /// <summary>Groups successive requests with the same prompt.</summary>
    /// <exception cref="ArgumentException">A prompt or a continuation is empty, or positions do not fit the prompt.</exception>
    internal static IEnumerable<ScoringGroup> Of(IReadOnlyList<ScoringRequest> requests)
    {
        for (int first = 0; first < requests.Count;)
        {
            int end = first + 1;
            while (end < requests.Count && IsSamePrompt(requests[first], requests[end]))
            {
                end++;
            }
            yield return Of(requests, first, end);
            first = end;
        }
    }

    /// <summary>Reads the scores of the group from a pass over its tree.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="scores">[requests] overwritten at the indices of the group.</param>
    internal void Read(ITreePass pass, ContinuationScore[] scores)
    {
        for (int i = 0; i < Requests.Count; i++)
        {
            TokenNode node = Tree.Nodes[i + 1];
            bool isGreedy = true;
            for (int s = node.FirstScored; s < node.FirstScored + node.ScoredCount; s++)
            {
                isGreedy &= pass.TopTokens[s] == Tree.Scored[s].Target;
            }
            scores[Requests[i]] = new(pass.LogProbs.Slice(node.FirstScored, node.ScoredCount).ToArray(), isGreedy);
        }
    }

    static ScoringGroup Of(IReadOnlyList<ScoringRequest> requests, int first, int end)
    {
        ScoringRequest shared = requests[first];
        int prompt = shared.Prompt.Count;
        TokenTreeBuilder tree = new();
        int root = tree.Add(TokenTreeBuilder.Root, [.. shared.Prompt], Positions(shared, 0, prompt), scored: false);
        for (int i = first; i < end; i++)
        {
            int[] continuation = [.. requests[i].Continuation];
            tree.Add(root, continuation, Positions(requests[i], prompt, continuation.Length), scored: true);
        }
        return new(tree.Build(), [.. Enumerable.Range(first, end - first)]);
    }

    static int[] Positions(ScoringRequest request, int first, int count) => [.. Enumerable.Range(first, count).Select(i =>
        request.Positions is not { } given ? i : i < given.Count ? given[i] : given[^1] + 1 + i - given.Count)];

    static bool IsSamePrompt(ScoringRequest a, ScoringRequest b) =>
        (ReferenceEquals(a.Prompt, b.Prompt) || a.Prompt.SequenceEqual(b.Prompt))
        && (ReferenceEquals(a.Positions, b.Positions)
            || (a.Positions is not null && b.Positions is not null && a.Positions.SequenceEqual(b.Positions)));
}
